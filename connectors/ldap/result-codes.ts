// Turns LDAP result codes (RFC 4511 appendix A) into the house's errors.
import type { MessageResponse } from 'ldapts';
import { AppError, type ErrorCode } from '../../domain/app-error.ts';

export const LDAP_SUCCESS = 0;
export const LDAP_SIZE_LIMIT_EXCEEDED = 4;
export const LDAP_REFERRAL = 10;
export const LDAP_ADMIN_LIMIT_EXCEEDED = 11;
export const LDAP_NO_SUCH_OBJECT = 32;

const CODES: Record<number, { code: ErrorCode; sentence: string }> = {
  3: { code: 'timeout', sentence: 'The server stopped the search at its own time limit' },
  7: { code: 'invalid_credentials', sentence: 'The server does not accept this way of signing in' },
  8: {
    code: 'access_denied',
    sentence: 'The server demands a stronger way of signing in (TLS, for instance)',
  },
  13: {
    code: 'access_denied',
    sentence: 'The server demands an encrypted connection: use ldaps:// or startTls',
  },
  12: {
    code: 'source_error',
    sentence: 'The server does not support paged results (RFC 2696), which reading needs',
  },
  34: { code: 'base_not_found', sentence: 'The server does not accept the distinguished name' },
  48: {
    code: 'invalid_credentials',
    sentence: 'The server refuses anonymous access or a bind without password',
  },
  49: { code: 'invalid_credentials', sentence: 'The server refused the bind DN or its password' },
  50: { code: 'access_denied', sentence: 'The bind account has no right to read' },
  51: { code: 'source_busy', sentence: 'The server is busy' },
  52: { code: 'source_busy', sentence: 'The server is not available for now' },
  53: { code: 'access_denied', sentence: 'The server is unwilling to do this for the bind account' },
};

/** The server's own words, shortened and without control characters. */
function diagnostic(message: string): string {
  const text = message.replace(/[^\x20-\x7e\u00a0-\uffff]+/g, ' ').trim();
  return text === '' ? '' : ` (the server says: ${text.slice(0, 200)})`;
}

/**
 * The error for a result that is no success. `about` says what was asked for (`below 'dc=example,dc=org'`); a
 * password is never part of a diagnostic message, since servers don't echo requests.
 */
export function resultError(result: MessageResponse, about: string): AppError {
  const known = CODES[result.status];
  const suffix = about === '' ? '' : ` ${about}`;
  if (result.status === LDAP_NO_SUCH_OBJECT) {
    const matched = result.matchedDN === '' ? '' : ` The nearest entry that exists is '${result.matchedDN}'.`;
    return new AppError(
      'base_not_found',
      `The server has no entry${suffix}, or hides it from the bind account.${matched}`,
    );
  }
  if (result.status === LDAP_REFERRAL) {
    return new AppError(
      'base_not_found',
      `The server refers the search${suffix} to another server; referrals are not followed: connect to the server that holds the entries.`,
    );
  }
  if (known !== undefined)
    return new AppError(known.code, `${known.sentence}${suffix}${diagnostic(result.errorMessage)}.`);
  return new AppError(
    'source_error',
    `The server answered with result code ${result.status}${suffix}${diagnostic(result.errorMessage)}.`,
  );
}

/** The error for a read that the server cut: nothing of it may be taken as complete. */
export function sizeLimitError(result: MessageResponse, received: number, about: string): AppError {
  const where = about === '' ? '' : ` ${about}`;
  const cut =
    result.status === LDAP_ADMIN_LIMIT_EXCEEDED
      ? 'ended the search at an administrative limit'
      : 'cuts search results';
  return new AppError(
    'size_limit_exceeded',
    `The server ${cut} for this bind account${where}: it sent ${received} entries and no more${diagnostic(result.errorMessage)}. ` +
      'Nothing was taken over. Raise the limit for the bind account: on OpenLDAP olcLimits with size.prtotal=unlimited ' +
      '(or olcSizeLimit), on 389 Directory Server nsSizeLimit and nsPagedSizeLimit, on Active Directory MaxPageSize.',
  );
}
