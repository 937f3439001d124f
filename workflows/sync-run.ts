// One run from its first step to its record: connect, read, merge, memberships, cleanup.

import { ActivityFailure } from '@temporalio/common';
import {
  ApplicationFailure,
  CancellationScope,
  isCancellation,
  rootCause,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import type { ClaimedRun } from '../activities/index.ts';
import { stepOfEpoch } from '../domain/run-epoch.ts';
import { STAGING_LOST } from '../domain/run-failure.ts';
import { housekeeping, patientActivities, stepActivities } from './activities.ts';
import { SEARCH_ATTRIBUTES, type SyncTimings } from './messages.ts';

interface SyncRun {
  run: ClaimedRun;
  timings: SyncTimings;
  /** Cancelled when somebody cancels this run. */
  scope: CancellationScope;
  /** True when a person let the paused run go on, false when nobody did in time. */
  waitForResume(timeoutMs: number): Promise<boolean>;
}

/** Reads begun anew because the database crashed and emptied the staging; beyond that something else is wrong. */
const MOST_READS = 10;

/** Runs all steps and closes the record whatever happens; answers with the status the run ended with. */
export async function executeSyncRun(sync: SyncRun): Promise<'completed' | 'failed' | 'cancelled'> {
  const outcome = await outcomeOf(sync);
  const { runId } = sync.run;
  await CancellationScope.nonCancellable(() => patientActivities(sync.timings).closeRun({ runId, outcome }));
  await housekeeping(sync.timings)
    .settleAfterRun(runId)
    .catch(() => {});
  return outcome.status;
}

type Outcome =
  | { status: 'completed' }
  | { status: 'cancelled'; message: string }
  | { status: 'failed'; code: string; message: string };

async function outcomeOf(sync: SyncRun): Promise<Outcome> {
  try {
    const finished = await sync.scope.run(() => runSteps(sync));
    return finished
      ? { status: 'completed' }
      : { status: 'cancelled', message: 'Nobody approved the removals in time; nothing was removed.' };
  } catch (error) {
    // A step that is told to stop may end otherwise: its worker died, or its source failed at that moment.
    if (isCancellation(error) || sync.scope.consideredCancelled)
      return { status: 'cancelled', message: 'The run was cancelled.' };
    const failure = failureOf(error);
    return { status: 'failed', code: failure.type ?? 'internal_error', message: failure.message };
  }
}

/** False when the run paused and nobody let it go on. */
async function runSteps(sync: SyncRun): Promise<boolean> {
  const steps = numberedSteps(sync);
  await stepActivities(sync.timings, 'Connect to the source').checkSource(steps.next());
  for (let reads = 1; ; reads++) {
    try {
      return await readAndMerge(sync, steps);
    } catch (error) {
      if (failureOf(error).type !== STAGING_LOST || reads >= MOST_READS) throw error;
    }
  }
}

async function readAndMerge(sync: SyncRun, steps: NumberedSteps): Promise<boolean> {
  const { timings, run } = sync;
  const { readEpoch, adoptable, staged } = await stepActivities(
    timings,
    'Read the source into staging',
  ).readSource(steps.next());
  await stepActivities(timings, `Merge ${staged} entries into objects`).mergeObjects({
    ...steps.next(),
    readEpoch,
    adoptable,
  });
  await stepActivities(timings, 'Bring memberships into line').mergeMemberships({
    ...steps.next(),
    readEpoch,
    adoptable,
  });
  const { cleanUp } = stepActivities(timings, 'Remove what has left the source');
  const { needsApproval } = await cleanUp({ ...steps.next(), readEpoch, adoptable, approved: false });
  if (!needsApproval) return true;
  await patientActivities(timings).pauseForApproval(run.runId);
  upsertSearchAttributes([{ key: SEARCH_ATTRIBUTES.status, value: 'paused' }]);
  if (!(await sync.waitForResume(timings.pauseTimeoutMs))) return false;
  await patientActivities(timings).approveRemovals(run.runId);
  upsertSearchAttributes([{ key: SEARCH_ATTRIBUTES.status, value: 'running' }]);
  await cleanUp({ ...steps.next(), readEpoch, adoptable, approved: true });
  return true;
}

interface NumberedSteps {
  next(): { runId: string; ordinal: number; sourceAttempts: number };
}

/** Numbers the steps from where an earlier, lost workflow of this run left off: the fence only ever rises. */
function numberedSteps({ run, timings }: SyncRun): NumberedSteps {
  let ordinal = stepOfEpoch(run.epoch);
  return {
    next() {
      ordinal += 1;
      return { runId: run.runId, ordinal, sourceAttempts: timings.sourceAttempts };
    },
  };
}

function failureOf(error: unknown): { type?: string | null; message: string } {
  if (error instanceof ActivityFailure) {
    if (error.cause instanceof ApplicationFailure) return error.cause;
    return {
      type: 'timeout',
      message: `A step was given up: ${rootCause(error) ?? 'no worker finished it'}.`,
    };
  }
  if (error instanceof ApplicationFailure) return error;
  return {
    type: 'internal_error',
    message: 'An unexpected error ended the run; the log of the worker has the details.',
  };
}
