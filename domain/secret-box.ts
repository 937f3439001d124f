// Seals secrets for storage: AES-256-GCM with a random nonce, bound to the place they are kept in.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { AppError } from './app-error.ts';

/** Opens and seals with one key. `place` (e.g. `connection:<id>:bindPassword`) is authenticated, not stored. */
export interface SecretBox {
  seal(secret: string, place: string): string;
  /** @throws AppError `secret_unreadable` when the key, the place or the value is another. */
  open(sealed: string, place: string): string;
}

const VERSION = 'v1';

/** @param key 32 bytes as 64 hex digits or base64. */
export function createSecretBox(key: string): SecretBox {
  const bytes = /^[0-9a-fA-F]{64}$/.test(key) ? Buffer.from(key, 'hex') : Buffer.from(key, 'base64');
  if (bytes.length !== 32) throw new AppError('secret_unreadable', 'The secret key must be 32 bytes long.');
  return {
    seal(secret, place) {
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', bytes, nonce).setAAD(Buffer.from(place));
      const body = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
      return [VERSION, nonce, body, cipher.getAuthTag()]
        .map((part) => (typeof part === 'string' ? part : part.toString('base64url')))
        .join('.');
    },
    open(sealed, place) {
      try {
        const [version, nonce, body, tag] = sealed.split('.') as [string, string, string, string];
        if (version !== VERSION) throw new Error('unknown version');
        const decipher = createDecipheriv('aes-256-gcm', bytes, Buffer.from(nonce, 'base64url'))
          .setAAD(Buffer.from(place))
          .setAuthTag(Buffer.from(tag, 'base64url'));
        return Buffer.concat([decipher.update(Buffer.from(body, 'base64url')), decipher.final()]).toString(
          'utf8',
        );
      } catch (cause) {
        throw new AppError(
          'secret_unreadable',
          'A stored secret cannot be decrypted: IDENTITY_CENTER_SECRET_KEY (or the key file) is not the one it was stored with.',
          { cause },
        );
      }
    },
  };
}
