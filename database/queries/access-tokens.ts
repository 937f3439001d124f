// Keeps access tokens: a row a token, found by id, holding no more than a hash of it.
import { type Queryable, run, runOne, sql } from '../sql.ts';

/** What a token belongs to. */
export type HolderKind = 'account' | 'client';

export interface StoredToken {
  tokenHash: Buffer;
  kind: HolderKind;
  holderId: string;
  /** An account's username, a client's name. */
  name: string;
  /** An account's. */
  role: string | null;
  /** What a client may do at most, and its authorities. */
  clientScopes: string[] | null;
  clientAuthorities: string[] | null;
  scopes: string[];
  expiresAt: Date;
}

export async function insertToken(
  on: Queryable,
  token: {
    id: string;
    kind: HolderKind;
    holderId: string;
    hash: Buffer;
    scopes: readonly string[];
    expiresAt: Date;
  },
): Promise<void> {
  const holder = token.kind === 'account' ? sql`account_id` : sql`client_id`;
  await run(
    on,
    sql`insert into access_token (id, ${holder}, token_hash, scopes, expires_at)
        values (${token.id}, ${token.holderId}, ${token.hash}, ${[...token.scopes]}::text[], ${token.expiresAt})`,
  );
}

/** The token if it is neither revoked nor expired and its account is enabled, or its client there. Served by the primary keys. */
export function findToken(on: Queryable, id: string): Promise<StoredToken | undefined> {
  return runOne<StoredToken>(
    on,
    sql`select t.token_hash as "tokenHash", case when a.id is null then 'client' else 'account' end as kind,
          coalesce(a.id, c.id) as "holderId", coalesce(a.username, c.name) as name, a.role,
          c.scopes as "clientScopes", c.authorities as "clientAuthorities", t.scopes, t.expires_at as "expiresAt"
        from access_token t
        left join account a on a.id = t.account_id and a.enabled
        left join oauth_client c on c.id = t.client_id
        where t.id = ${id}::uuid and t.revoked_at is null and t.expires_at > now()
          and (a.id is not null or c.id is not null)`,
  );
}

/** From now on the token is refused. Served by the primary key. */
export async function revokeToken(on: Queryable, id: string): Promise<void> {
  await run(
    on,
    sql`update access_token set revoked_at = now() where id = ${id}::uuid and revoked_at is null`,
  );
}

/** Removes what expired more than a day ago. Served by access_token_expiry. */
export async function deleteExpiredTokens(on: Queryable): Promise<void> {
  await run(on, sql`delete from access_token where expires_at < now() - interval '1 day'`);
}
