// Issues, verifies and revokes access tokens: signed JWTs (RFC 7519), each with a row that can be revoked.
import { createHash, timingSafeEqual } from 'node:crypto';
import { jwtVerify, SignJWT } from 'jose';
import type { Pool } from 'pg';
import {
  type Authority,
  ROLE_AUTHORITIES,
  ROLE_SCOPES,
  type Role,
  type Scope,
  withImplied,
} from '../../contracts/scopes.ts';
import {
  findToken,
  type HolderKind,
  insertToken,
  revokeToken,
  type StoredToken,
} from '../../database/queries/access-tokens.ts';
import { newId } from '../../database/queries/new-id.ts';
import type { Principal } from './principal.ts';

const ISSUER = 'identity-center';
const AUDIENCE = 'identity-center-api';
/** How long a verified token is taken at its word: a logout on another API process takes this long to show. */
const TRUSTED_MS = 1_000;
const MOST_REMEMBERED = 10_000;

export interface TokenRequest {
  kind: HolderKind;
  holderId: string;
  scopes: readonly Scope[];
}

export interface Tokens {
  issue(request: TokenRequest): Promise<{ token: string; expiresAt: Date }>;
  /** Null for a token that is forged, expired, revoked, or whose account is disabled or client gone. */
  verify(token: string): Promise<Principal | null>;
  revoke(tokenId: string): Promise<void>;
  /** Makes this process look at all tokens of an account or client anew, at once. */
  forget(holderId: string): void;
}

export function createTokens(deps: { pool: Pool; key: Uint8Array; tokenHours: number }): Tokens {
  const remembered = new Map<string, { principal: Principal; until: number }>();
  return {
    async issue({ kind, holderId, scopes }) {
      const id = await newId(deps.pool);
      // JWT times are whole seconds: the row ends at the same instant as the token.
      const expiresAt = new Date(Math.floor((Date.now() + deps.tokenHours * 3_600_000) / 1_000) * 1_000);
      const token = await new SignJWT()
        .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt' })
        .setJti(id)
        .setSubject(holderId)
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setIssuedAt()
        .setExpirationTime(expiresAt)
        .sign(deps.key);
      await insertToken(deps.pool, { id, kind, holderId, hash: sha256(token), scopes, expiresAt });
      return { token, expiresAt };
    },

    async verify(token) {
      const hash = sha256(token);
      const place = hash.toString('base64');
      const known = remembered.get(place);
      const now = Date.now();
      if (known && known.until > now && known.principal.expiresAt.getTime() > now) return known.principal;
      const principal = await lookUp(deps, token, hash);
      remembered.delete(place);
      if (!principal) return null;
      if (remembered.size >= MOST_REMEMBERED) remembered.clear();
      remembered.set(place, { principal, until: now + TRUSTED_MS });
      return principal;
    },

    async revoke(tokenId) {
      await revokeToken(deps.pool, tokenId);
      for (const [place, { principal }] of remembered)
        if (principal.tokenId === tokenId) remembered.delete(place);
    },

    forget(holderId) {
      for (const [place, { principal }] of remembered)
        if (principal.holderId === holderId) remembered.delete(place);
    },
  };
}

async function lookUp(
  deps: { pool: Pool; key: Uint8Array },
  token: string,
  hash: Buffer,
): Promise<Principal | null> {
  const id = await verifiedId(token, deps.key);
  const stored = id === null ? undefined : await findToken(deps.pool, id);
  if (!id || !stored || !timingSafeEqual(stored.tokenHash, hash)) return null;
  const { kind, holderId, name, expiresAt } = stored;
  const { scopes, authorities } = rightsOf(stored);
  return {
    tokenId: id,
    kind,
    holderId,
    username: kind === 'client' ? `client:${name}` : name,
    scopes: withImplied(stored.scopes.filter((scope): scope is Scope => scopes.includes(scope))),
    authorities,
    expiresAt,
  };
}

/** What the token's holder may do at most, now. */
function rightsOf(stored: StoredToken): { scopes: readonly string[]; authorities: readonly Authority[] } {
  if (stored.kind === 'client')
    return {
      scopes: [...withImplied((stored.clientScopes ?? []) as Scope[])],
      authorities: (stored.clientAuthorities ?? []) as Authority[],
    };
  const role = stored.role as Role;
  return { scopes: ROLE_SCOPES[role], authorities: ROLE_AUTHORITIES[role] };
}

async function verifiedId(token: string, key: Uint8Array): Promise<string | null> {
  try {
    const { payload } = await jwtVerify(token, key, {
      algorithms: ['HS256'],
      typ: 'at+jwt',
      issuer: ISSUER,
      audience: AUDIENCE,
      requiredClaims: ['jti', 'sub', 'exp'],
    });
    return payload.jti ?? null;
  } catch {
    // Whatever is wrong with it, the caller is told only that it is not valid.
    return null;
  }
}

function sha256(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
