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
  const turn: Turn = { input, progress, sizes: { wanted: undefined, profile: undefined } };
  let awake = true;
  setHandler(wakeSignal, () => {
    awake = true;
  });
  setHandler(refreshProgressQuery, () => progress);
  while (awake) {
    awake = false;
    for (let left = await refreshSome(turn); left !== 'nobody'; left = await refreshSome(turn)) {
      await renew(input);
      // Rather than ending: the sweep would start the next workflow a second later.
      if (left !== 'failed') continue;
      awake = false;
      await condition(() => awake, input.timings.retryMaximumMs);
    }
  }
}

interface Turn {
  input: RefreshPersonsInput;
  progress: RefreshPersonsProgress;
  /** How many persons a batch had last, which the next part begins with. */
  sizes: { wanted: number | undefined; profile: number | undefined };
}

/** Who waits after a turn: perhaps somebody, nobody, or whoever could not be refreshed and is tried again later. */
type Left = 'somebody' | 'nobody' | 'failed';

/** In turns, so that neither waits for the end of the other. */
async function refreshSome(turn: Turn): Promise<Left> {
  const left = await refreshWaiting(turn);
  const refreshId = await patientActivities(turn.input.timings).claimRefresh();
  if (refreshId === null) return left;
  await refreshProfile(turn, refreshId);
  return 'somebody';
}

async function refreshWaiting({ input: { timings }, progress: { wanted }, sizes }: Turn): Promise<Left> {
  const { refreshWanted } = stepActivities(timings, 'Refresh persons of whom something changed');
  try {
    const part = await refreshWanted({ attempts: timings.sourceAttempts, size: sizes.wanted });
    sizes.wanted = part.size;
    wanted.done += part.done;
    wanted.failed += part.failed;
    return part.over ? 'nobody' : 'somebody';
  } catch (error) {
    failureOf(error);
    return 'failed';
  }
}

async function refreshProfile(
  { input: { timings }, progress, sizes }: Turn,
  refreshId: string,
): Promise<void> {
  const { refreshPart } = stepActivities(timings, 'Refresh persons of a profile');
  const { closeRefresh } = patientActivities(timings);
  try {
    const { over, size, ...counts } = await refreshPart({
      refreshId,
      attempts: timings.sourceAttempts,
      size: sizes.profile,
    });
    sizes.profile = size;
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
