// Notices open runs that nobody works on, and ends those of them that were cancelled.
import type { WorkflowExecutionDescription } from '@temporalio/client';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import {
  cancelStalledRun,
  type OpenRun,
  openRuns,
  recordStall,
  type Stall,
} from '../database/queries/stalled-runs.ts';
import type { SyncTrigger } from './sync-trigger.ts';

/** Of a workflow, as Temporal describes it. */
export type WorkflowState = WorkflowExecutionDescription['raw'];

/** A worker that is restarted is back within this. */
const STALLED_AFTER_SECONDS = 30;
/** Attempts at a workflow's task that failed: the first may have met a worker that was just ending. */
const FAILED_ATTEMPTS = 3;
const MOST_A_SWEEP = 50;
/** PendingWorkflowTaskState and PendingActivityState in temporalio/api, enums/v1/workflow.proto. */
const SCHEDULED = 1;

interface Deps {
  pool: Pool;
  trigger: SyncTrigger;
  logger: Logger;
}

/** Looks at each run that has been open for `seconds`. */
export async function judgeOpenRuns(deps: Deps, seconds = STALLED_AFTER_SECONDS): Promise<void> {
  const open = await openRuns(deps.pool, seconds, MOST_A_SWEEP);
  const judge = (run: OpenRun) =>
    judgeRun(deps, run, seconds).catch(({ message }: Error) => {
      deps.logger.warn({ runId: run.runId, message }, 'an open run could not be looked at');
    });
  await Promise.all(open.map(judge));
}

async function judgeRun(
  { pool, trigger, logger }: Deps,
  { runId, workflowId, stallCode, toStop }: OpenRun,
  seconds: number,
): Promise<void> {
  const state = await trigger.describe(workflowId);
  const stall = state ? stallOf(state, Date.now() - seconds * 1_000) : null;
  if (stall && stall.code !== stallCode) logger.warn({ runId, ...stall }, 'nobody works on a run');
  await recordStall(pool, runId, stall);
  if (!stall || !toStop) return;
  // Its workflow will not hear that it is cancelled. What waits behind it is started anew by the sweep.
  await trigger.end(workflowId, 'A run was cancelled that nobody worked on.');
  await cancelStalledRun(pool, runId);
  logger.info({ runId }, 'a cancelled run that nobody worked on was ended');
}

/** What keeps a workflow from going on; null where nothing has for longer than since `before`. */
function stallOf(
  { pendingWorkflowTask: task, pendingActivities }: WorkflowState,
  before: number,
): Stall | null {
  if (task && Number(task.attempt ?? 0) >= FAILED_ATTEMPTS)
    return {
      code: 'workflow_failing',
      message: `Workers cannot go on with this run (${task.attempt} attempts): they do not have its workflow, or another version of it. Start workers of the version that began it, or cancel it and run the project again.`,
    };
  for (const { lastFailure } of pendingActivities ?? [])
    if (lastFailure?.message?.includes('is not registered on this Worker'))
      return {
        code: 'step_unknown',
        message:
          'Workers do not know the next step of this run: they are of another version. Start workers of the version that began it, or cancel it and run the project again.',
      };
  const waiting = [
    ...(task?.state === SCHEDULED ? [task.originalScheduledTime] : []),
    ...(pendingActivities ?? [])
      // Of an attempt that waits for its back-off, this time lies ahead.
      .filter(({ state }) => state === SCHEDULED)
      .map(({ scheduledTime }) => scheduledTime),
  ];
  if (waiting.some((at) => at && Number(at.seconds ?? 0) * 1_000 < before))
    return { code: 'no_worker', message: 'No worker takes this run; start one. The run goes on then.' };
  return null;
}
