// Ends the workflows by which profiles were refreshed before one workflow an installation did: nobody serves them.
import { WorkflowNotFoundError } from '@temporalio/common';
import type { TemporalAccess } from './dependencies.ts';
import { CALL_TIMEOUT_MS } from './sync-trigger.ts';

/** Their type; their refreshes are rows like all others, which the workflow of now works off. */
const FORMER_WORKFLOW = 'identityRefresh';

/** Each is ended once; several processes may do it at the same time. @returns how many there were */
export async function endFormerRefreshes(temporal: TemporalAccess, taskQueue: string): Promise<number> {
  const client = await temporal.client();
  return client.withDeadline(Date.now() + CALL_TIMEOUT_MS, async () => {
    const query = `WorkflowType = '${FORMER_WORKFLOW}' and ExecutionStatus = 'Running'`;
    let ended = 0;
    for await (const { workflowId, runId, taskQueue: its } of client.workflow.list({ query })) {
      if (its !== taskQueue) continue;
      await client.workflow
        .getHandle(workflowId, runId)
        .terminate('Refreshes of profiles are worked off by one workflow now.')
        .catch(unlessEnded);
      ended += 1;
    }
    return ended;
  });
}

/** Another process was quicker. */
function unlessEnded(error: unknown): void {
  if (!(error instanceof WorkflowNotFoundError)) throw error;
}
