// How many persons wait for a refresh, and since when.
import { type Queryable, runOne, sql } from '../../sql.ts';

export interface WaitingPersons {
  count: number;
  /** How long the one that waits longest does so; 0 where nobody waits. */
  oldestSeconds: number;
}

/** The table has only those who wait, in narrow rows: it is read as a whole. */
export async function waitingPersons(on: Queryable): Promise<WaitingPersons> {
  const row = await runOne<WaitingPersons>(
    on,
    sql`
      select count(*)::int as count,
        coalesce(greatest(0, extract(epoch from clock_timestamp() - min(wanted_at))), 0)::int as "oldestSeconds"
      from refresh_wanted`,
  );
  return row ?? { count: 0, oldestSeconds: 0 };
}
