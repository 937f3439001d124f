// Turns what a schema says of a request into details that name the parameter or field.
import type { RequestValidationError } from '@ts-rest/express';
import { AppError, type ErrorDetail } from '../../domain/app-error.ts';

export interface Issue {
  code?: string;
  message: string;
  path?: readonly unknown[] | undefined;
  keys?: string[];
}

type Part = 'path' | 'query' | 'headers' | 'body';

/** A 400 with one detail a problem. */
export function validationError(error: RequestValidationError): AppError {
  const parts: [Part, unknown][] = [
    ['path', error.pathParams],
    ['query', error.query],
    ['headers', error.headers],
    ['body', error.body],
  ];
  return invalidRequest(
    parts.flatMap(([part, problem]) => {
      const issues = (problem as { issues?: readonly Issue[] } | null)?.issues ?? [];
      return issues.flatMap((issue) => detailsOf(part, issue));
    }),
  );
}

/** A 400 that lists `details` and names the first in its message. */
export function invalidRequest(details: ErrorDetail[]): AppError {
  const first = details[0];
  const message = first ? `${first.path}: ${first.message}` : 'The request is not valid.';
  return new AppError('invalid_request', message, { details });
}

/** The details of one issue, its path below `prefix`. */
export function detailsOf(prefix: string, issue: Issue): ErrorDetail[] {
  const path = [prefix, ...(issue.path ?? []).map(segmentOf)].join('.');
  if (issue.code === 'unrecognized_keys' && issue.keys)
    return issue.keys.map((key) => ({
      path: `${path}.${key}`,
      message: prefix === 'query' ? 'there is no such query parameter' : 'there is no such field',
    }));
  return [{ path, message: readable(issue.message) }];
}

function segmentOf(segment: unknown): string {
  return String(
    typeof segment === 'object' && segment !== null ? (segment as { key: unknown }).key : segment,
  );
}

/** Zod begins its sentences with "Invalid input: "; the path says that already. */
function readable(message: string): string {
  const rest = message.replace(/^Invalid input: /, '');
  return rest === 'expected string, received undefined' || /received undefined$/.test(rest)
    ? `is required (${rest.replace(', received undefined', '')})`
    : rest;
}
