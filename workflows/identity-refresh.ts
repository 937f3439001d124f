// Works off the refreshes of one identity profile, one at a time; its workflow id keeps it single.
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
  type IdentityRefreshInput,
  type IdentityRefreshProgress,
  refreshProgressQuery,
} from './identity-refresh-messages.ts';
import { wakeSignal } from './messages.ts';

/** As with runs: the request writes its row first and signals after, so that none is missed. */
export async function identityRefresh(input: IdentityRefreshInput): Promise<void> {
  const { claimRefresh, closeRefresh } = patientActivities(input.timings);
  let awake = true;
  let progress: IdentityRefreshProgress | null = null;
  setHandler(wakeSignal, () => {
    awake = true;
  });
  setHandler(refreshProgressQuery, () => progress);
  while (awake) {
    awake = false;
    for (let id = await claimRefresh(input.profileId); id; id = await claimRefresh(input.profileId)) {
      const refreshId = id;
      const error = await refreshAll(input, refreshId, (now) => {
        progress = { refreshId, ...now };
      });
      await closeRefresh({ refreshId, error });
      await renew(input);
    }
  }
}

type Parts = Omit<IdentityRefreshProgress, 'refreshId'>;

/** Part by part, so that the history of a large one is renewed in between. @returns what it failed with */
async function refreshAll(
  input: IdentityRefreshInput,
  refreshId: string,
  onProgress: (now: Parts) => void,
): Promise<{ code: string; message: string } | null> {
  const { refreshPart } = stepActivities(input.timings, 'Refresh persons');
  try {
    for (;;) {
      const part = await refreshPart({ refreshId, attempts: input.timings.sourceAttempts });
      onProgress({ total: part.total, done: part.done, failed: part.failed });
      if (part.over) return null;
      await renew(input);
    }
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error;
    const { cause } = error;
    if (cause instanceof ApplicationFailure)
      return { code: cause.type ?? 'internal_error', message: cause.message };
    return { code: 'timeout', message: 'A part of the refresh was given up: no worker finished it.' };
  }
}

/** The next workflow claims what is running first, and goes on where it is. */
async function renew(input: IdentityRefreshInput): Promise<void> {
  if (!workflowInfo().continueAsNewSuggested) return;
  await condition(allHandlersFinished);
  await continueAsNew<typeof identityRefresh>(input);
}
