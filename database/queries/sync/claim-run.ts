// Takes the next run of a project out of the queue.
import type pg from 'pg';
import { run, runOne, sql, transaction } from '../../sql.ts';

const STEP_NAMES = ['connect', 'read', 'stage', 'merge', 'memberships', 'cleanup', 'correlate'] as const;
export type StepName = (typeof STEP_NAMES)[number];

export interface ClaimedRun {
  runId: string;
  mode: 'full' | 'incremental';
  /** The highest epoch any earlier attempt at this run had; 0 for a new one. */
  epoch: number;
  projectName: string;
  /** Tells what would change, and changes nothing. */
  dryRun: boolean;
  /** Pauses so far; what people say names the pause that they mean. */
  pauses: number;
  /** A person wants it paused: its workflow was lost while it was, or is to hear of it now. */
  pauseRequested: boolean;
}

/**
 * The run that a project's workflow is to work on: one it has begun (its worker died before it heard so, or its
 * workflow was lost), else the oldest queued one, which becomes `running`. Null when there is nothing to do.
 * Served by sync_run_one_active and sync_run_one_queued.
 */
export async function claimNextRun(
  pool: pg.Pool,
  projectId: string,
  temporalRunId: string | null,
): Promise<ClaimedRun | null> {
  return transaction(pool, async (client) => {
    const claimed = await runOne<ClaimedRun & { epoch: string }>(
      client,
      sql`
        update sync_run set
          -- Claimed by this workflow already: an attempt that comes late must not wake a run that paused since.
          status = case when temporal_run_id = ${temporalRunId} then status else 'running' end,
          pause_reason = case when temporal_run_id = ${temporalRunId} then pause_reason end,
          paused_at = case when temporal_run_id = ${temporalRunId} or pause_requested_at is not null then paused_at end,
          temporal_run_id = ${temporalRunId},
          started_at = coalesce(started_at, clock_timestamp()), progress_step = coalesce(progress_step, 'connect')
        where id = (
          select id from sync_run
          where project_id = ${projectId} and status in ('running', 'paused', 'queued')
          order by status = 'queued', id limit 1
          for update)
        returning id as "runId", mode, epoch, project_name as "projectName", pauses, dry_run as "dryRun",
                  pause_requested_at is not null as "pauseRequested"`,
    );
    if (!claimed) return null;
    await run(
      client,
      sql`
        insert into sync_run_step (run_id, name, position, status)
        select ${claimed.runId}, name, position, 'pending'
        from unnest(${[...STEP_NAMES]}::text[]) with ordinality as steps (name, position)
        on conflict do nothing`,
    );
    return { ...claimed, epoch: Number(claimed.epoch) };
  });
}
