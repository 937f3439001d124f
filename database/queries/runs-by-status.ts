// How many runs the history holds of each status.
import { type Queryable, run, sql } from '../sql.ts';
import type { RunStatus } from './list-runs.ts';

const NONE = { queued: 0, running: 0, paused: 0, completed: 0, failed: 0, cancelled: 0 };

/** Every status is named, those without runs too. Reads the whole table: thousands of rows a year. */
export async function runsByStatus(on: Queryable): Promise<Record<RunStatus, number>> {
  const rows = await run<{ status: RunStatus; count: number }>(
    on,
    sql`select status, count(*)::int as count from sync_run group by status`,
  );
  return { ...NONE, ...Object.fromEntries(rows.map(({ status, count }) => [status, count])) };
}
