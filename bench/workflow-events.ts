// Asks Temporal how long the history of a project's workflow became.
import { Client, Connection } from '@temporalio/client';
import { syncProjectWorkflowId } from '../workflows/messages.ts';

/** Events in the history of the workflow that worked off the project's latest runs, once it has ended. */
export async function workflowEvents(address: string, projectId: string): Promise<number> {
  const connection = await Connection.connect({ address });
  try {
    const workflow = new Client({ connection }).workflow.getHandle(syncProjectWorkflowId(projectId));
    await workflow.result();
    return (await workflow.describe()).historyLength;
  } finally {
    await connection.close();
  }
}
