// Names that API, worker and workflows share: workflow types and ids, signals, search attributes.
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { defineSignal } from '@temporalio/workflow';

/** One workflow a project works off its queue of runs. */
export const SYNC_PROJECT_WORKFLOW = 'syncProject';

export function syncProjectWorkflowId(projectId: string): string {
  return `sync-project:${projectId}`;
}

/** Time-outs and back-off, in milliseconds; tests use short ones. */
export interface SyncTimings {
  heartbeatTimeoutMs: number;
  retryInitialMs: number;
  retryMaximumMs: number;
  /** How often a step whose source fails is tried in all before the run fails. */
  sourceAttempts: number;
}

export const DEFAULT_SYNC_TIMINGS: SyncTimings = {
  heartbeatTimeoutMs: 30_000,
  retryInitialMs: 1_000,
  retryMaximumMs: 30_000,
  sourceAttempts: 4,
};

export interface SyncProjectInput {
  projectId: string;
  timings: SyncTimings;
}

/** What a project's schedule starts; see enqueue-run.ts. */
export const ENQUEUE_RUN_WORKFLOW = 'enqueueRun';

export interface EnqueueRunInput {
  projectId: string;
}

/** Of the Temporal Schedule of a project. */
export function syncScheduleId(projectId: string): string {
  return `sync-schedule:${projectId}`;
}

/** Temporal appends the scheduled time to it. */
export function enqueueRunWorkflowId(projectId: string): string {
  return `enqueue-run:${projectId}`;
}

/** Something was queued for this project: look. */
export const wakeSignal = defineSignal('wake');
/** A run is to stop; queued ones are cancelled in the database and never reach the workflow. */
export const cancelRunSignal = defineSignal<[{ runId: string }]>('cancelRun');
/** A person wants a run to pause; `pause` is the number that the pause will have. */
export const pauseRunSignal = defineSignal<[{ runId: string; pause: number }]>('pauseRun');
/** The run may go on from the pause of that number; at the delete threshold, the listed removals are approved. */
export const resumeRunSignal = defineSignal<[{ runId: string; pause: number }]>('resumeRun');

export const SEARCH_ATTRIBUTES = {
  projectId: defineSearchAttributeKey('IdentityCenterProjectId', SearchAttributeType.KEYWORD),
  projectName: defineSearchAttributeKey('IdentityCenterProjectName', SearchAttributeType.KEYWORD),
  runId: defineSearchAttributeKey('IdentityCenterRunId', SearchAttributeType.KEYWORD),
  status: defineSearchAttributeKey('IdentityCenterStatus', SearchAttributeType.KEYWORD),
} as const;
