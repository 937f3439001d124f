// Puts the run of a scheduled time into the queue and wakes the project's workflow: the row first, as for any trigger.
import { Context } from '@temporalio/activity';
import {
  enqueueScheduledRun as enqueue,
  type ScheduledRun,
} from '../../database/queries/enqueue-scheduled-run.ts';
import { SYNC_PROJECT_WORKFLOW, syncProjectWorkflowId, wakeSignal } from '../../workflows/messages.ts';
import { syncProjectStart } from '../../workflows/sync-project-start.ts';
import { causeOf, toFailure } from '../activity-failure.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { withHeartbeat } from '../heartbeat.ts';

/** Repeated at will: a time that was written is not written again, and waking a workflow twice does no harm. */
export async function enqueueScheduledRun(
  deps: ActivityDependencies,
  input: { projectId: string; scheduledFor: string },
): Promise<ScheduledRun> {
  const { projectId } = input;
  const { client, info } = Context.current();
  try {
    return await withHeartbeat(async () => {
      const written = await enqueue(deps.database.pool, {
        projectId,
        scheduledFor: new Date(input.scheduledFor),
        workflowId: syncProjectWorkflowId(projectId),
      });
      deps.logger.info({ projectId, ...written }, 'a scheduled time has come');
      if (written.outcome === 'queued')
        await client.workflow.signalWithStart(SYNC_PROJECT_WORKFLOW, {
          ...syncProjectStart({ projectId, projectName: written.projectName }, info.taskQueue),
          signal: wakeSignal,
          signalArgs: [],
        });
      return written;
    });
  } catch (error) {
    deps.logger.warn({ err: error, projectId }, 'a scheduled run could not be queued');
    throw toFailure(causeOf(error), false);
  }
}
