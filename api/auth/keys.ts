// Derives the API's signing keys from the secret key, one a purpose, so that none can stand in for another.
import { hkdfSync } from 'node:crypto';

export interface ApiKeys {
  /** Signs access tokens. */
  token: Uint8Array;
  /** Signs the cursors of lists. */
  cursor: Uint8Array;
}

/** @param secretKey 32 bytes as 64 hex digits or base64. HKDF is RFC 5869, with SHA-256. */
export function deriveApiKeys(secretKey: string): ApiKeys {
  const bytes = Buffer.from(secretKey, /^[0-9a-fA-F]{64}$/.test(secretKey) ? 'hex' : 'base64');
  const derive = (purpose: string) =>
    new Uint8Array(hkdfSync('sha256', bytes, Buffer.alloc(0), `identity-center/${purpose}/v1`, 32));
  return { token: derive('access-token'), cursor: derive('list-cursor') };
}
