// Asks a run that is going to pause; the workflow is told after.
import type pg from 'pg';
import { run, runOne, sql, transaction } from '../sql.ts';
import type { RunStatus } from './list-runs.ts';

export interface PauseAsked {
  status: RunStatus;
  workflowId: string;
  /** False where the run was not running, or is about to be cancelled. */
  accepted: boolean;
  /** The number that the pause will have. */
  pause: number;
}

/**
 * A running run is asked to pause at its next chance; others stay as they are. Undefined where there is none.
 * Locked as in request-cancel.
 * Served by the primary key.
 */
export function requestPause(pool: pg.Pool, runId: string): Promise<PauseAsked | undefined> {
  return transaction(pool, async (client) => {
    const before = await runOne<Omit<PauseAsked, 'accepted'> & { stopping: boolean }>(
      client,
      sql`select status, workflow_id as "workflowId", pauses + 1 as pause, cancel_requested_at is not null as stopping
          from sync_run where id = ${runId}::uuid for no key update`,
    );
    if (!before) return undefined;
    const { stopping, ...asked } = before;
    const accepted = before.status === 'running' && !stopping;
    if (accepted)
      await run(
        client,
        sql`update sync_run set pause_requested_at = coalesce(pause_requested_at, now()) where id = ${runId}::uuid`,
      );
    return { ...asked, accepted };
  });
}

/** Which pause of a paused run a person may let go on: what is said about an earlier one counts no more. */
export async function pauseOf(pool: pg.Pool, runId: string): Promise<number> {
  const row = await runOne<{ pauses: number }>(
    pool,
    sql`select pauses from sync_run where id = ${runId}::uuid`,
  );
  return row?.pauses ?? 0;
}
