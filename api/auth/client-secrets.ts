// The secrets of OAuth clients: how they are made, and how they are kept.
import { createHash, randomBytes } from 'node:crypto';

/** 256 random bits as 64 hex digits. */
export function newClientSecret(): string {
  return randomBytes(32).toString('hex');
}

/** Nobody guesses 256 random bits, so that a plain digest keeps them as well as a slow one. */
export function clientSecretHash(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
