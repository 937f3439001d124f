// One run from its first step to its record: connect, read, merge, memberships, cleanup, correlate.

import { ActivityFailure } from '@temporalio/common';
import { ApplicationFailure, CancellationScope, isCancellation, rootCause } from '@temporalio/workflow';
import type { ClaimedRun, ReadResult } from '../activities/index.ts';
import { stepOfEpoch } from '../domain/run-epoch.ts';
import { STAGING_LOST } from '../domain/run-failure.ts';
import { housekeeping, patientActivities, stepActivities } from './activities.ts';
import type { SyncTimings } from './messages.ts';
import { PauseExpired, type RunPauses } from './pauses.ts';

interface SyncRun {
  run: ClaimedRun;
  timings: SyncTimings;
  /** Cancelled when somebody cancels this run. */
  scope: CancellationScope;
  pauses: RunPauses;
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
  | { status: 'cancelled'; message: string; notice?: string }
  | { status: 'failed'; code: string; message: string };

async function outcomeOf(sync: SyncRun): Promise<Outcome> {
  try {
    await sync.scope.run(() => runSteps(sync));
    return { status: 'completed' };
  } catch (error) {
    if (error instanceof PauseExpired)
      return { status: 'cancelled', message: error.message, notice: error.message };
    // A step that is told to stop may end otherwise: its worker died, or its source failed at that moment.
    if (isCancellation(error) || sync.scope.consideredCancelled)
      return { status: 'cancelled', message: 'The run was cancelled.' };
    const failure = failureOf(error);
    return { status: 'failed', code: failure.type ?? 'internal_error', message: failure.message };
  }
}

async function runSteps(sync: SyncRun): Promise<void> {
  const steps = numberedSteps(sync);
  // An incremental run connects when it reads: a step of its own would take longer than all of its work.
  if (sync.run.mode === 'full') {
    const { checkSource } = stepActivities(sync.timings, 'Connect to the source');
    await sync.pauses.step(() => checkSource(steps.next()));
  }
  for (let reads = 1; ; reads++) {
    try {
      return await readAndMerge(sync, steps);
    } catch (error) {
      if (failureOf(error).type !== STAGING_LOST || reads >= MOST_READS) throw error;
    }
  }
}

async function readAndMerge(sync: SyncRun, steps: NumberedSteps): Promise<void> {
  const { timings, pauses } = sync;
  if (sync.run.mode === 'full') {
    const { readSource } = stepActivities(timings, 'Read the source into staging');
    return mergeRead(sync, steps, await pauses.step(() => readSource(steps.next())));
  }
  const { syncChanges } = stepActivities(timings, 'Sync what changed');
  const changes = await pauses.step(() => syncChanges(steps.next()));
  if (changes.outcome === 'read') return mergeRead(sync, steps, changes);
  if (changes.outcome === 'done') return;
  await removeApproved(sync, steps, changes);
  await correlate(sync, steps);
}

async function mergeRead(sync: SyncRun, steps: NumberedSteps, read: ReadResult): Promise<void> {
  const { timings, pauses } = sync;
  const { readEpoch, adoptable, staged } = read;
  const activities = (summary: string) => stepActivities(timings, summary);
  // Each time a step begins it gets a number of its own, so the input is made anew.
  const input = () => ({ ...steps.next(), readEpoch, adoptable });
  if (sync.run.dryRun) {
    const { previewRun } = activities('Compare, and change nothing');
    return pauses.step(() => previewRun(input()));
  }
  const { mergeObjects } = activities(`Merge ${staged} entries into objects`);
  await pauses.step(() => mergeObjects(input()));
  const { mergeMemberships } = activities('Bring memberships into line');
  await pauses.step(() => mergeMemberships(input()));
  const { cleanUp } = activities('Remove what has left the source');
  const { needsApproval } = await pauses.step(() => cleanUp({ ...input(), approved: false }));
  if (needsApproval) await removeApproved(sync, steps, read);
  await correlate(sync, steps);
}

/** Finds the persons that the changed accounts belong to. */
async function correlate(sync: SyncRun, steps: NumberedSteps): Promise<void> {
  const { correlateRun } = stepActivities(sync.timings, 'Join accounts into persons');
  await sync.pauses.step(() => correlateRun(steps.next()));
}

/** Waits for a person's approval, and removes what was listed. */
async function removeApproved(sync: SyncRun, steps: NumberedSteps, read: ReadResult): Promise<void> {
  const { readEpoch, adoptable } = read;
  await sync.pauses.pause('delete_threshold');
  const { cleanUp } = stepActivities(sync.timings, 'Remove what has left the source');
  await sync.pauses.step(() => cleanUp({ ...steps.next(), readEpoch, adoptable, approved: true }));
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
