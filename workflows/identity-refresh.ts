// Refreshes whoever waits for it and works off the refreshes of profiles, part by part; its workflow id keeps it single.
import { ActivityFailure, ApplicationFailure } from '@temporalio/common';
import {
  allHandlersFinished,
  condition,
  continueAsNew,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { patientActivities, stepActivities } from './activities.ts';
import {
  type RefreshPersonsInput,
  type RefreshPersonsProgress,
  refreshProgressQuery,
} from './identity-refresh-messages.ts';
import { wakeSignal } from './messages.ts';

/**
 * Everything that it does is written in the database before it is started, and it ends when nothing is left: a start
 * that comes in between hands it one more turn, or the sweep of an API starts it anew.
 */
export async function refreshPersons(input: RefreshPersonsInput): Promise<void> {
  const progress: RefreshPersonsProgress = { wanted: { done: 0, failed: 0 }, refresh: null };
  let awake = true;
  setHandler(wakeSignal, () => {
    awake = true;
  });
  setHandler(refreshProgressQuery, () => progress);
  while (awake) {
    awake = false;
    while (await refreshSome(input, progress)) await renew(input);
  }
}

/** In turns, so that neither waits for the end of the other. @returns whether something may be left */
async function refreshSome(input: RefreshPersonsInput, progress: RefreshPersonsProgress): Promise<boolean> {
  const anyLeft = await refreshWaiting(input, progress);
  const refreshId = await patientActivities(input.timings).claimRefresh();
  if (refreshId === null) return anyLeft;
  await refreshProfile(input, refreshId, progress);
  return true;
}

/** What fails here is tried again when the sweep finds that they still wait. */
async function refreshWaiting(
  { timings }: RefreshPersonsInput,
  { wanted }: RefreshPersonsProgress,
): Promise<boolean> {
  const { refreshWanted } = stepActivities(timings, 'Refresh persons of whom something changed');
  try {
    const part = await refreshWanted({ attempts: timings.sourceAttempts });
    wanted.done += part.done;
    wanted.failed += part.failed;
    return !part.over;
  } catch (error) {
    failureOf(error);
    return false;
  }
}

async function refreshProfile(
  { timings }: RefreshPersonsInput,
  refreshId: string,
  progress: RefreshPersonsProgress,
): Promise<void> {
  const { refreshPart } = stepActivities(timings, 'Refresh persons of a profile');
  const { closeRefresh } = patientActivities(timings);
  try {
    const { over, ...counts } = await refreshPart({ refreshId, attempts: timings.sourceAttempts });
    progress.refresh = { refreshId, ...counts };
    if (over) await closeRefresh({ refreshId, error: null });
  } catch (error) {
    await closeRefresh({ refreshId, error: failureOf(error) });
  }
}

/** @throws what no activity failed with */
function failureOf(error: unknown): { code: string; message: string } {
  if (!(error instanceof ActivityFailure)) throw error;
  const { cause } = error;
  if (cause instanceof ApplicationFailure)
    return { code: cause.type ?? 'internal_error', message: cause.message };
  return { code: 'timeout', message: 'A part of the refresh was given up: no worker finished it.' };
}

/** The next workflow claims what is running first, and goes on where it is. */
async function renew(input: RefreshPersonsInput): Promise<void> {
  if (!workflowInfo().continueAsNewSuggested) return;
  await condition(allHandlersFinished);
  await continueAsNew<typeof refreshPersons>(input);
}
