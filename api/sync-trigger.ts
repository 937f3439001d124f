// Tells a project's workflow that something is queued, cancelled or approved, starting it where it does not run.
import { type Client, isGrpcServiceError, ServiceError } from '@temporalio/client';
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
import type { WorkflowState } from './stalled-runs.ts';

/** A call to Temporal that takes longer counts as failed: the sweep will repeat it. */
export const CALL_TIMEOUT_MS = 3_000;

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
  /** What Temporal knows of a workflow that has not ended; null where there is none. */
  describe(workflowId: string): Promise<WorkflowState | null>;
  /** Ends a workflow without asking it. Nothing happens where it has ended. */
  end(workflowId: string, reason: string): Promise<void>;
}

export function createSyncTrigger(temporal: TemporalAccess, taskQueue: string): SyncTrigger {
  const answer = async <T>(work: (client: Client) => Promise<T>): Promise<T> => {
    const client = await temporal.client();
    return client.withDeadline(Date.now() + CALL_TIMEOUT_MS, () => work(client)).catch(refuse);
  };
  const call = async (work: (client: Client) => Promise<unknown>) => {
    await answer(work);
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
    describe: (workflowId) =>
      answer(async ({ workflow }) => {
        const { raw, status } = await workflow.getHandle(workflowId).describe();
        return status.name === 'RUNNING' ? raw : null;
      }).catch(unlessEnded(null)),
    end: (workflowId, reason) =>
      call(({ workflow }) => workflow.getHandle(workflowId).terminate(reason)).catch(unlessEnded(undefined)),
  };
}

/** For what has nothing to do where a workflow has ended. */
function unlessEnded<T>(otherwise: T): (error: unknown) => T {
  return (error) => {
    if (error instanceof AppError && error.code === 'conflict') return otherwise;
    throw error;
  };
}

/** Turns what a call to Temporal failed with into what may be answered. */
export function refuse(cause: unknown): never {
  if (cause instanceof WorkflowNotFoundError)
    throw new AppError('conflict', 'The workflow of this run has ended; start a new run.', { cause });
  if (cause instanceof ServiceError || isGrpcServiceError(cause))
    throw new AppError('unavailable', 'The workflow service cannot be reached at the moment.', {
      headers: { 'Retry-After': '5' },
      cause,
    });
  throw cause;
}
