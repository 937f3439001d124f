// Brings changes of sign-in accounts to the persons whose they are.
import type pg from 'pg';
import { run, sql } from '../../sql.ts';

/**
 * Whose alias or mail address is the user name of an account that changed is to be refreshed: in a transaction that
 * holds `lockPersons`. The table has only what nobody saw yet; person_alias and person_email serve the rest, which is
 * planned with the names.
 */
export async function wantPersonsOfAccounts(client: pg.PoolClient): Promise<void> {
  const changed = await run<{ username: string }>(client, sql`delete from account_change returning username`);
  if (changed.length === 0) return;
  const names = sql`any(${[...new Set(changed.map(({ username }) => username))]}::text[])`;
  await run(
    client,
    sql`
      insert into refresh_wanted (person_id)
      select id from person where lower(alias) = ${names} and dissolved_at is null and alias is not null
      union
      select id from person where lower(email) = ${names} and dissolved_at is null and email is not null
      on conflict do nothing`,
  );
}
