// How many persons wait for a refresh, and how long they or the refresh of a profile have.
import { type Queryable, runOne, sql } from '../../sql.ts';

export interface WaitingPersons {
  count: number;
  /** How long the person, the change of a sign-in account or the refresh of a profile waits that does so longest; else 0. */
  oldestSeconds: number;
}

/** The tables have only what waits, in narrow rows: they are read as a whole. identity_refresh_open has the refreshes. */
export async function waitingPersons(on: Queryable): Promise<WaitingPersons> {
  const row = await runOne<WaitingPersons>(
    on,
    sql`
      select count(*)::int as count,
        coalesce(greatest(0, extract(epoch from clock_timestamp() - least(min(wanted_at),
          (select min(at) from account_change),
          (select min(queued_at) from identity_refresh where status in ('queued', 'running'))))), 0)::int as "oldestSeconds"
      from refresh_wanted`,
  );
  return row ?? { count: 0, oldestSeconds: 0 };
}
