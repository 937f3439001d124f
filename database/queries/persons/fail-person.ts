// Notes that a person could not be refreshed at all: everything of it stays as it was.
import type pg from 'pg';
import { run, sql } from '../../sql.ts';
import { deriveManagers, deriveReports } from './person-managers.ts';

/**
 * Whoever reports to the person is worked out all the same: nobody else will do it. Served by the keys of both tables;
 * in a transaction that holds `lockPersons`.
 */
export async function failPerson(client: pg.PoolClient, personId: string, reason: string): Promise<void> {
  await run(
    client,
    sql`
      with taken as (delete from refresh_wanted where person_id = ${personId}::uuid)
      update person set processing_state = 'ERROR', processing_errors = jsonb_build_object('refresh', ${reason}::text),
        identity_status = case when identity_status in ('TERMINATED', 'LOCKED', 'DISABLED') then identity_status
                               else 'ERROR' end,
        last_refresh_at = clock_timestamp(), updated_at = clock_timestamp()
      where id = ${personId}::uuid`,
  );
  await deriveManagers(client, await deriveReports(client, [personId]));
}
