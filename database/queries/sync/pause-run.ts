// Pauses a run for a person's decision, and lets it go on.
import type pg from 'pg';
import { run, sql } from '../../sql.ts';

/** Inside the fence: the run waits, and no attempt of it may write until it goes on. */
export async function pauseRun(
  client: pg.PoolClient,
  runId: string,
  reason: 'delete_threshold',
): Promise<void> {
  await run(client, sql`update sync_run set status = 'paused', pause_reason = ${reason} where id = ${runId}`);
}

/** Approves exactly the removals that are listed, and lets the run go on. Doing it twice does no harm. */
export async function resumeRun(pool: pg.Pool, runId: string): Promise<void> {
  await run(
    pool,
    sql`
      with resumed as (
        update sync_run set status = 'running', pause_reason = null where id = ${runId} and status = 'paused' returning id
      )
      update sync_pending_removal set approved = true where run_id in (select id from resumed)`,
  );
}
