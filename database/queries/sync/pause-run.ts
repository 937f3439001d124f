// Pauses a run until a person decides, and lets it go on.
import type pg from 'pg';
import { run, runOne, sql, transaction } from '../../sql.ts';
import { noteRun } from '../notifications/note-run.ts';

/** `delete_threshold`: more would be removed than the project allows; `operator`: a person asked for it. */
export type PauseReason = 'delete_threshold' | 'operator';

/**
 * The run waits, and no attempt of it may write until it goes on. Doing it twice does no harm. Answers with the
 * number of this pause; null where the run is over.
 */
export async function pauseRun(pool: pg.Pool, runId: string, reason: PauseReason): Promise<number | null> {
  return transaction(pool, async (client) => {
    const row = await runOne<{ pauses: number }>(
      client,
      sql`
        with paused as (
          update sync_run set
            status = 'paused', pause_reason = ${reason}, pauses = pauses + 1,
            -- A run whose workflow was lost is paused anew: it has waited since it was paused first.
            paused_at = coalesce(paused_at, clock_timestamp())
          where id = ${runId} and status = 'running'
          returning id, pauses
        ), waiting as (
          update sync_run_step s set status = 'pending' from paused
          where s.run_id = paused.id and s.status in ('running', 'retrying')
        )
        select pauses from paused
        union all select pauses from sync_run where id = ${runId} and status = 'paused'
        order by pauses desc limit 1`,
    );
    await noteRun(client, runId);
    return row?.pauses ?? null;
  });
}

/**
 * Lets the run go on. Where it had paused at the delete threshold, that approves exactly the removals that are
 * listed; else it approves nothing. Doing it twice does no harm.
 */
export async function resumeRun(pool: pg.Pool, runId: string): Promise<void> {
  await run(
    pool,
    sql`
      with paused as materialized (
        select id, pause_reason from sync_run where id = ${runId} and status = 'paused' for update
      ), resumed as (
        update sync_run r set status = 'running', pause_reason = null, paused_at = null, pause_requested_at = null
        from paused where r.id = paused.id
      )
      update sync_pending_removal set approved = true
      where run_id in (select id from paused where pause_reason = 'delete_threshold')`,
  );
}
