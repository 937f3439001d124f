// The error bodies of the SailPoint-shaped surface, as the reference documents have them.
import { createHash } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { AppError, ErrorCode } from '../../domain/app-error.ts';

/** Codes and sentences of the documents; other statuses have their reason phrase and the failure's own sentence. */
const KNOWN: Record<number, { detailCode: string; text: string }> = {
  400: {
    detailCode: '400.1 Bad Request Content',
    text: 'The request was syntactically correct but its content is semantically invalid.',
  },
  403: {
    detailCode: '403 Forbidden',
    text: 'The server understood the request but refuses to authorize it.',
  },
  404: {
    detailCode: '404 Not found',
    text: 'The server did not find a current representation for the target resource.',
  },
  500: { detailCode: '500.0 Internal Fault', text: 'An internal fault occurred.' },
};

const TOKEN_PATH = /^\/oauth\/token\/?$/i;

const OAUTH_ERRORS: Partial<Record<ErrorCode, string>> = {
  unauthenticated: 'invalid_client',
  unsupported_grant_type: 'unsupported_grant_type',
  invalid_scope: 'invalid_scope',
};

/** @param request its path without the query, and its `X-Request-Id`. */
export function sailPointErrorBody(
  failure: AppError,
  { path, requestId }: { path: string; requestId: string },
): object {
  if (TOKEN_PATH.test(path) && (failure.status === 400 || failure.status === 401))
    return oauthErrorBody(failure);
  if (failure.status === 401) return { error: failure.message };
  // The documents' own spelling, spaces included.
  if (failure.status === 429) return { message: ' Rate Limit Exceeded ' };
  const known = KNOWN[failure.status];
  const causes = causesOf(failure);
  // What is wrong stands behind the general sentence too: many clients show nothing but the first message.
  const message = [known?.text, ...(known && failure.status !== 400 ? [] : causes.slice(0, 1))];
  return {
    detailCode: known?.detailCode ?? `${failure.status} ${STATUS_CODES[failure.status] ?? 'Error'}`,
    trackingId: trackingId(requestId),
    messages: [localized(message.filter(Boolean).join(' '))],
    ...(failure.status !== 500 && { causes: causes.map(localized) }),
  };
}

/** RFC 6749, section 5.2. */
function oauthErrorBody(failure: AppError): object {
  // Neither quotes, nor backslashes, nor anything beyond ASCII may stand in it.
  const description = failure.message.replace(/["\\]/g, "'").replace(/[^\x20-\x7e]/g, '?');
  return { error: OAUTH_ERRORS[failure.code] ?? 'invalid_request', error_description: description };
}

function causesOf(failure: AppError): string[] {
  const details = failure.details ?? [];
  if (failure.status !== 400 || details.length === 0) return [failure.message];
  return details.map(({ path, message }) => `${path.replace(/^query\./, '')}: ${message}`);
}

function localized(text: string) {
  return { locale: 'en-US', localeOrigin: 'DEFAULT', text };
}

/** 32 hex digits: a UUID's own, and those of a digest of whatever else a caller chose as the request's id. */
function trackingId(requestId: string): string {
  const digits = requestId.replaceAll('-', '').toLowerCase();
  if (/^[0-9a-f]{32}$/.test(digits)) return digits;
  return createHash('sha256').update(requestId).digest('hex').slice(0, 32);
}
