// Tells a project's workflow that something is queued, cancelled or approved, starting it where it does not run.
import { isGrpcServiceError, ServiceError } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import { AppError } from '../domain/app-error.ts';
import {
  cancelRunSignal,
  pauseRunSignal,
  resumeRunSignal,
  SYNC_PROJECT_WORKFLOW,
  wakeSignal,
} from '../workflows/messages.ts';
import { syncProjectStart } from '../workflows/sync-project-start.ts';
import type { TemporalAccess } from './dependencies.ts';

/** A call to Temporal that takes longer counts as failed: the sweep will repeat it. */
const CALL_TIMEOUT_MS = 3_000;

/** All of them throw AppError: `unavailable` while Temporal is away, `conflict` where the workflow has ended. */
export interface SyncTrigger {
  /** Starts the project's workflow, or wakes the one that runs; doing it twice does no harm. */
  wake(project: { projectId: string; projectName: string }): Promise<void>;
  /** Starts the project's workflow where it does not run, and says nothing to one that does. */
  ensureStarted(project: { projectId: string; projectName: string }): Promise<void>;
  cancel(run: { runId: string; workflowId: string }): Promise<void>;
  /** @param run with the number that its next pause will have. */
  pause(run: { runId: string; workflowId: string; pause: number }): Promise<void>;
  /** @param run with the number of the pause that is over. */
  resume(run: { runId: string; workflowId: string; pause: number }): Promise<void>;
}

export function createSyncTrigger(temporal: TemporalAccess, taskQueue: string): SyncTrigger {
  const call = async (work: (client: Awaited<ReturnType<TemporalAccess['client']>>) => Promise<unknown>) => {
    const client = await temporal.client();
    await client.withDeadline(Date.now() + CALL_TIMEOUT_MS, () => work(client)).catch(refuse);
  };
  return {
    wake: (project) =>
      call((client) =>
        client.workflow.signalWithStart(SYNC_PROJECT_WORKFLOW, {
          ...syncProjectStart(project, taskQueue),
          signal: wakeSignal,
          signalArgs: [],
        }),
      ),
    ensureStarted: (project) =>
      call((client) =>
        client.workflow.start(SYNC_PROJECT_WORKFLOW, {
          ...syncProjectStart(project, taskQueue),
          workflowIdConflictPolicy: 'USE_EXISTING',
        }),
      ),
    cancel: ({ runId, workflowId }) =>
      call((client) => client.workflow.getHandle(workflowId).signal(cancelRunSignal, { runId })),
    pause: ({ runId, workflowId, pause }) =>
      call((client) => client.workflow.getHandle(workflowId).signal(pauseRunSignal, { runId, pause })),
    resume: ({ runId, workflowId, pause }) =>
      call((client) => client.workflow.getHandle(workflowId).signal(resumeRunSignal, { runId, pause })),
  };
}

function refuse(cause: unknown): never {
  if (cause instanceof WorkflowNotFoundError)
    throw new AppError('conflict', 'The workflow of this run has ended; start a new run.', { cause });
  if (cause instanceof ServiceError || isGrpcServiceError(cause))
    throw new AppError('unavailable', 'The workflow service cannot be reached at the moment.', {
      headers: { 'Retry-After': '5' },
      cause,
    });
  throw cause;
}
