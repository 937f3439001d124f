// Pauses a run for a person's decision, and lets it go on.
import type pg from 'pg';
import { run, sql } from '../../sql.ts';

/** The run waits, and no attempt of it may write until it goes on. Doing it twice does no harm. */
export async function pauseRun(pool: pg.Pool, runId: string): Promise<void> {
  await run(
    pool,
    sql`
      update sync_run set status = 'paused', pause_reason = 'delete_threshold'
      where id = ${runId} and status = 'running'`,
  );
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
