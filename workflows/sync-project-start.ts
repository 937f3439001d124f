// How a project's workflow is started, whoever does it: the API, or the worker for a schedule.
import { TypedSearchAttributes } from '@temporalio/common';
import {
  DEFAULT_SYNC_TIMINGS,
  SEARCH_ATTRIBUTES,
  type SyncProjectInput,
  syncProjectWorkflowId,
} from './messages.ts';

/** Options for `workflow.start` and `workflow.signalWithStart` of SYNC_PROJECT_WORKFLOW. */
export function syncProjectStart(
  { projectId, projectName }: { projectId: string; projectName: string },
  taskQueue: string,
) {
  const input: SyncProjectInput = { projectId, timings: DEFAULT_SYNC_TIMINGS };
  return {
    workflowId: syncProjectWorkflowId(projectId),
    taskQueue,
    args: [input],
    staticSummary: `Sync of ${projectName}`,
    memo: { project: projectName },
    typedSearchAttributes: new TypedSearchAttributes([
      { key: SEARCH_ATTRIBUTES.projectId, value: projectId },
      { key: SEARCH_ATTRIBUTES.projectName, value: projectName },
    ]),
  };
}
