// The lifecycle state that people give a person, which no account changes.
import type pg from 'pg';
import { run, sql } from '../../sql.ts';
import { derivePersons } from './derive-persons.ts';
import type { PersonStatus } from './list-persons.ts';

/**
 * Sets it, or with null gives it back to the leading account, and keeps who did it; what follows of it is derived. In a
 * transaction that holds `lockPersons`. Served by person's key.
 */
export async function setLifecycleState(
  client: pg.PoolClient,
  personId: string,
  { state, by }: { state: PersonStatus | null; by: string },
): Promise<void> {
  const changed = await run(
    client,
    sql`
      with changed as (
        update person set lifecycle_manual = ${state !== null}, lifecycle_state = coalesce(${state}, lifecycle_state),
          updated_at = clock_timestamp()
        where id = ${personId}::uuid
          and (lifecycle_manual, lifecycle_state) is distinct from (${state !== null}, coalesce(${state}, lifecycle_state))
        returning id)
      insert into person_link_event (person_id, action, lifecycle_state, by)
      select id, 'lifecycle', ${state}, ${by} from changed returning 1`,
  );
  if (changed.length > 0) await derivePersons(client, [personId]);
}
