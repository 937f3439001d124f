// Finds text in a JSON body that PostgreSQL has no place for, wherever it stands.
import type { ErrorDetail } from '../../domain/app-error.ts';

/** Deeper than anything that the contract has; also how deep we go ourselves. */
const DEEPEST = 64;

/** What is wrong with the first text or field name that cannot be stored; null where all can. */
export function unstorable(value: unknown, path = 'body', depth = 0): ErrorDetail | null {
  if (typeof value === 'string') {
    const message = problemOf(value);
    return message === null ? null : { path, message };
  }
  if (typeof value !== 'object' || value === null) return null;
  if (depth >= DEEPEST) return { path: 'body', message: `has more than ${DEEPEST} levels` };
  for (const [key, inner] of Object.entries(value)) {
    const message = problemOf(key);
    if (message !== null) return { path, message: `has a field whose name ${message}` };
    const found = unstorable(inner, `${path}.${key}`, depth + 1);
    if (found) return found;
  }
  return null;
}

/** PostgreSQL's text has no U+0000, and UTF-8 no half of a surrogate pair (RFC 3629, section 3). */
function problemOf(text: string): string | null {
  if (text.includes('\u0000')) return 'must not contain the character U+0000';
  return text.isWellFormed() ? null : 'must not contain half of a surrogate pair';
}
