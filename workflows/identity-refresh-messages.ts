// Names that API, worker and workflow share of the refresh of persons.
import { defineQuery } from '@temporalio/workflow';
import { DEFAULT_SYNC_TIMINGS, type SyncTimings } from './messages.ts';

/** One workflow an installation refreshes whoever waits for it, and works off the refreshes of profiles. */
export const REFRESH_PERSONS_WORKFLOW = 'refreshPersons';

/** Installations that share a Temporal namespace have task queues of their own, or they would take each other's work. */
export function refreshPersonsWorkflowId(taskQueue: string): string {
  return `refresh-persons:${taskQueue}`;
}

export interface RefreshPersonsInput {
  timings: SyncTimings;
}

/** Options for `workflow.start` and `workflow.signalWithStart` of REFRESH_PERSONS_WORKFLOW. */
export function refreshPersonsStart(taskQueue: string, timings = DEFAULT_SYNC_TIMINGS) {
  const input: RefreshPersonsInput = { timings };
  return {
    workflowId: refreshPersonsWorkflowId(taskQueue),
    taskQueue,
    args: [input],
    staticSummary: 'Refresh of persons',
  };
}

export interface RefreshPersonsProgress {
  /** Persons that were refreshed because something of them had changed, since this workflow began. */
  wanted: { done: number; failed: number };
  /** The last refresh of a profile that it worked on; about how many persons there are. */
  refresh: { refreshId: string; total: number; done: number; failed: number } | null;
}

export const refreshProgressQuery = defineQuery<RefreshPersonsProgress>('progress');
