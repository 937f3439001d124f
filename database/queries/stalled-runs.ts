// Runs that nobody works on: finds the ones to look at, keeps what was found, and ends what cannot end itself.
import type pg from 'pg';
import { endEarlierSessions } from '../run-fence.ts';
import { type Queryable, run, runOne, sql } from '../sql.ts';
import { finishRun } from './sync/finish-run.ts';
import { dropStaging } from './sync/staging.ts';

/** Why nobody works on a run, with a sentence that says what to do. */
export interface Stall {
  code: 'no_worker' | 'workflow_failing' | 'step_unknown';
  message: string;
}

export interface OpenRun {
  runId: string;
  workflowId: string;
  /** What was found last time. */
  stallCode: string | null;
  /** Somebody asked it to stop a while ago, and it has not. */
  toStop: boolean;
}

/**
 * The run of each project that ought to be moving, where it has been open for `seconds`: the one that was begun,
 * else the oldest of the queue. Served by sync_run_open.
 */
export function openRuns(on: Queryable, seconds: number, limit: number): Promise<OpenRun[]> {
  return run(
    on,
    sql`
      select id as "runId", workflow_id as "workflowId", stall_code as "stallCode",
             coalesce(cancel_requested_at < now() - make_interval(secs => ${seconds}), false) as "toStop"
      from (select distinct on (project_id) * from sync_run
            where status in ('queued', 'running', 'paused')
            order by project_id, status = 'queued', id) first_of_project
      where queued_at < now() - make_interval(secs => ${seconds})
      order by queued_at limit ${limit}`,
  );
}

/** Keeps what was found, and since when; null where all is well. Writes nothing where nothing changed. */
export async function recordStall(on: Queryable, runId: string, stall: Stall | null): Promise<void> {
  await run(
    on,
    sql`
      update sync_run set stall_code = ${stall?.code ?? null}, stall_message = ${stall?.message ?? null},
             stalled_since = ${stall ? sql`coalesce(stalled_since, now())` : null}
      where id = ${runId}::uuid and stall_code is distinct from ${stall?.code ?? null}`,
  );
}

/** How many open runs nobody works on. Served by sync_run_open. */
export async function countStalled(on: Queryable): Promise<number> {
  const row = await runOne<{ count: number }>(
    on,
    sql`select count(*)::int as count from sync_run
        where status in ('queued', 'running', 'paused') and stall_code is not null`,
  );
  return row?.count ?? 0;
}

/** Ends a run whose workflow was ended: no attempt that is still under way may write after this. */
export async function cancelStalledRun(pool: pg.Pool, runId: string): Promise<void> {
  await endEarlierSessions(pool, { runId, epoch: Number.MAX_SAFE_INTEGER });
  await finishRun(pool, runId, { status: 'cancelled', message: 'The run was cancelled.' });
  await dropStaging(pool, runId);
}
