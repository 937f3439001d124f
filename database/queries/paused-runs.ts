// How many runs wait for a person, and for how long.
import { type Queryable, runOne, sql } from '../sql.ts';

export interface PausedRuns {
  count: number;
  /** Seconds that the oldest of them has waited; 0 where there is none. */
  oldestSeconds: number;
}

/** Served by sync_run_open. */
export async function pausedRuns(on: Queryable): Promise<PausedRuns> {
  const row = await runOne<PausedRuns>(
    on,
    sql`select count(*)::int as count,
               coalesce(extract(epoch from clock_timestamp() - min(paused_at)), 0)::int as "oldestSeconds"
        from sync_run where status = 'paused'`,
  );
  return row ?? { count: 0, oldestSeconds: 0 };
}
