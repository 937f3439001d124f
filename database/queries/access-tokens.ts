// Keeps access tokens: a row a token, found by id, holding no more than a hash of it.
import { type Queryable, run, runOne, sql } from '../sql.ts';

export interface StoredToken {
  tokenHash: Buffer;
  accountId: string;
  username: string;
  displayName: string;
  role: string;
  scopes: string[];
  expiresAt: Date;
}

export async function insertToken(
  on: Queryable,
  token: { id: string; accountId: string; hash: Buffer; scopes: readonly string[]; expiresAt: Date },
): Promise<void> {
  await run(
    on,
    sql`insert into access_token (id, account_id, token_hash, scopes, expires_at)
        values (${token.id}, ${token.accountId}, ${token.hash}, ${[...token.scopes]}::text[], ${token.expiresAt})`,
  );
}

/** The token if it is neither revoked nor expired and its account is enabled. Served by the primary keys. */
export function findToken(on: Queryable, id: string): Promise<StoredToken | undefined> {
  return runOne<StoredToken>(
    on,
    sql`select t.token_hash as "tokenHash", t.account_id as "accountId", a.username, a.display_name as "displayName",
          a.role, t.scopes, t.expires_at as "expiresAt"
        from access_token t join account a on a.id = t.account_id
        where t.id = ${id}::uuid and t.revoked_at is null and t.expires_at > now() and a.enabled`,
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
