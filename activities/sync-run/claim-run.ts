// Takes the next run of a project off the queue.
import { Context } from '@temporalio/activity';
import { type ClaimedRun as Claimed, claimNextRun } from '../../database/queries/sync/claim-run.ts';
import { causeOf, toFailure } from '../activity-failure.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { withHeartbeat } from '../heartbeat.ts';

/** A run of the queue, and how long it may wait for a person. */
export interface ClaimedRun extends Claimed {
  pauseTimeoutMs: number;
}

export async function claimRun(deps: ActivityDependencies, projectId: string): Promise<ClaimedRun | null> {
  const temporalRunId = Context.current().info.workflowExecution?.runId ?? null;
  try {
    const claimed = await withHeartbeat(() => claimNextRun(deps.database.pool, projectId, temporalRunId));
    return claimed && { ...claimed, pauseTimeoutMs: Math.round(deps.pauseTimeoutMs) };
  } catch (error) {
    deps.logger.warn({ err: error, projectId }, 'the queue of runs could not be read');
    throw toFailure(causeOf(error), false);
  }
}
