// Cancels a run in the database, or asks it to stop; the workflow is told after.
import type pg from 'pg';
import { run, runOne, sql, transaction } from '../sql.ts';
import type { RunStatus } from './list-runs.ts';

export interface AskedRun {
  status: RunStatus;
  workflowId: string;
  /** False where the run was over before it was asked. */
  accepted: boolean;
}

/**
 * A queued run is cancelled at once, a running or paused one is asked to stop, one that is over stays as it is.
 * The row is locked first, so that a run which starts at this very moment is asked as well. Undefined where
 * there is none. The key alone stays unlocked: a step that shares it for long, as correlation does, must not keep
 * anybody from asking. Served by the primary key.
 */
export function requestCancel(pool: pg.Pool, runId: string): Promise<AskedRun | undefined> {
  return transaction(pool, async (client) => {
    const before = await runOne<{ status: RunStatus; workflowId: string }>(
      client,
      sql`select status, workflow_id as "workflowId" from sync_run where id = ${runId}::uuid for no key update`,
    );
    if (!before) return undefined;
    const accepted = ['queued', 'running', 'paused'].includes(before.status);
    if (before.status === 'queued')
      await run(
        client,
        sql`update sync_run set status = 'cancelled', finished_at = now(), cancel_requested_at = now()
            where id = ${runId}::uuid and status = 'queued'`,
      );
    else if (accepted)
      await run(
        client,
        sql`update sync_run set cancel_requested_at = coalesce(cancel_requested_at, now())
            where id = ${runId}::uuid and status in ('running', 'paused')`,
      );
    return { ...before, accepted };
  });
}
