// Brings changes of sign-in accounts to the persons whose they are.
import type pg from 'pg';
import { run, sql } from '../../sql.ts';

/**
 * Whose alias or mail address is the user name of an account that changed is to be refreshed: in a transaction that
 * holds `lockPersons`. The table has only what nobody saw yet; person_alias and person_email serve the rest.
 */
export async function wantPersonsOfAccounts(client: pg.PoolClient): Promise<void> {
  await run(
    client,
    sql`
      with changed as (delete from account_change returning username)
      insert into refresh_wanted (person_id)
      select p.id from changed c join person p on lower(p.alias) = c.username
      where p.dissolved_at is null and p.alias is not null
      union
      select p.id from changed c join person p on lower(p.email) = c.username
      where p.dissolved_at is null and p.email is not null
      on conflict do nothing`,
  );
}
