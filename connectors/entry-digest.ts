// Digests of what a source sent, by which an entry that is known already is passed over without being decoded.
import { createHash, hash } from 'node:crypto';
import { DIGEST_DIGITS, digest } from '../domain/fingerprint.ts';

/**
 * To be raised whenever a connector makes something else of the same bytes (the decoder, the lists of secret and
 * side attributes, class names): otherwise stored entries stay as the version before left them.
 */
const DECODING = 2;

/** Digest of the rules by which a source is read: under other rules, the same bytes are another entry. */
export function rulesDigest(rules: unknown): string {
  return digest(JSON.stringify([DECODING, rules]));
}

/** Digest of an entry's bytes under the rules. The bytes are not copied. */
export function digestBytes(rules: string, bytes: Buffer): string {
  return digest(rules + hash('sha256', bytes, 'hex'));
}

/** Digest of an entry's text under the rules. */
export function digestText(rules: string, text: string): string {
  return digest(rules + text);
}

/** Digest of an entry that comes in several answers: of the first one's digest and the values of the others. */
export function digestParts(first: string, parts: Iterable<string | Buffer>): string {
  const sum = createHash('sha256').update(first);
  for (const part of parts) sum.update(part).update('\0');
  return sum.digest('hex').slice(0, DIGEST_DIGITS);
}
