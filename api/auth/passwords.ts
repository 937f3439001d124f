// Hashes and verifies passwords with Argon2id.
import { randomBytes } from 'node:crypto';
import { hash, verify } from '@node-rs/argon2';

/** OWASP's Password Storage Cheat Sheet: Argon2id (2 in the library's numbering), 19 MiB, two passes, one lane. */
const PARAMETERS = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 };

export function hashPassword(password: string): Promise<string> {
  return hash(password.normalize('NFKC'), PARAMETERS);
}

export interface PasswordVerifier {
  /** `stored` null: no such account; the same work is done, so that the time tells nothing. */
  verify(stored: string | null, password: string): Promise<boolean>;
}

/** Keeps a hash nobody has the password of, for the names that are not known. */
export function createPasswordVerifier(): PasswordVerifier {
  const nobody = hashPassword(randomBytes(24).toString('base64'));
  nobody.catch(() => {});
  return {
    async verify(stored, password) {
      const matches = await verify(stored ?? (await nobody), password.normalize('NFKC'));
      return stored !== null && matches;
    },
  };
}
