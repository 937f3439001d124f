// Reads and writes accounts for signing in.
import { type Queryable, runOne, sql } from '../sql.ts';

export interface StoredAccount {
  id: string;
  username: string;
  displayName: string;
  passwordHash: string;
  role: string;
  enabled: boolean;
  lastLoginAt: Date | null;
}

const columns = sql`id, username, display_name as "displayName", password_hash as "passwordHash", role, enabled,
    last_login_at as "lastLoginAt"`;

/** Usernames are kept in lower case. Served by the unique index on username. */
export function findAccountByUsername(on: Queryable, username: string): Promise<StoredAccount | undefined> {
  return runOne<StoredAccount>(
    on,
    sql`select ${columns} from account where username = lower(${username}::text)`,
  );
}

/** Served by the primary key. */
export function findAccount(on: Queryable, id: string): Promise<StoredAccount | undefined> {
  return runOne<StoredAccount>(on, sql`select ${columns} from account where id = ${id}::uuid`);
}

/** Notes a sign-in that worked and answers with its time. */
export async function recordLogin(on: Queryable, id: string): Promise<Date> {
  const row = await runOne<{ at: Date }>(
    on,
    sql`update account set last_login_at = now() where id = ${id}::uuid returning last_login_at as at`,
  );
  if (!row) throw new Error('recordLogin: the account is gone');
  return row.at;
}

/** Creates the account unless one of that name exists; says whether it did. */
export async function insertAccountIfMissing(
  on: Queryable,
  account: { username: string; displayName: string; passwordHash: string; role: string },
): Promise<boolean> {
  const row = await runOne(
    on,
    sql`insert into account (username, display_name, password_hash, role)
        values (${account.username}, ${account.displayName}, ${account.passwordHash}, ${account.role})
        on conflict (username) do nothing returning id`,
  );
  return row !== undefined;
}

/** Whether anybody can sign in yet. */
export async function hasAccounts(on: Queryable): Promise<boolean> {
  const row = await runOne<{ found: boolean }>(on, sql`select exists (select 1 from account) as found`);
  return row?.found ?? false;
}
