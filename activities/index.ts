// All activities, bound to what they work with; workflows import the type of this and nothing else of it.
import type { ScheduledRun } from '../database/queries/enqueue-scheduled-run.ts';
import { claimRefresh, closeRefresh } from '../database/queries/identity-profiles/refreshes.ts';
import type { RunOutcome } from '../database/queries/sync/finish-run.ts';
import type { PauseReason } from '../database/queries/sync/pause-run.ts';
import { correlateRun } from './correlation/correlate-run.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { enqueueScheduledRun } from './enqueue-run/enqueue-scheduled-run.ts';
import { refreshWanted, type WantedPart } from './identity-refresh/refresh-persons.ts';
import { type RefreshPart, refreshPart } from './identity-refresh/refresh-profile.ts';
import { checkSource } from './sync-run/check-source.ts';
import { type ClaimedRun, claimRun } from './sync-run/claim-run.ts';
import { type CleanUpInput, type CleanUpResult, cleanUp } from './sync-run/clean-up.ts';
import { closeRun, pauseRun, resumeRun, settleAfterRun } from './sync-run/close-run.ts';
import type { MergeInput } from './sync-run/merge-context.ts';
import { mergeMemberships } from './sync-run/merge-memberships.ts';
import { mergeObjects } from './sync-run/merge-objects.ts';
import { previewRun } from './sync-run/preview-run.ts';
import { type ReadResult, readSource } from './sync-run/read-source.ts';
import type { StepInput } from './sync-run/run-step.ts';
import { type ChangesResult, syncChanges } from './sync-run/sync-changes.ts';

export function createActivities(deps: ActivityDependencies) {
  return {
    enqueueScheduledRun: (input: { projectId: string; scheduledFor: string }): Promise<ScheduledRun> =>
      enqueueScheduledRun(deps, input),
    claimRun: (projectId: string): Promise<ClaimedRun | null> => claimRun(deps, projectId),
    checkSource: (input: StepInput): Promise<void> => checkSource(deps, input),
    readSource: (input: StepInput): Promise<ReadResult> => readSource(deps, input),
    syncChanges: (input: StepInput): Promise<ChangesResult> => syncChanges(deps, input),
    mergeObjects: (input: MergeInput): Promise<void> => mergeObjects(deps, input),
    mergeMemberships: (input: MergeInput): Promise<void> => mergeMemberships(deps, input),
    previewRun: (input: MergeInput): Promise<void> => previewRun(deps, input),
    cleanUp: (input: CleanUpInput): Promise<CleanUpResult> => cleanUp(deps, input),
    correlateRun: (input: StepInput): Promise<void> => correlateRun(deps, input),
    pauseRun: (input: { runId: string; reason: PauseReason }): Promise<number | null> =>
      pauseRun(deps, input),
    settleAfterRun: (runId: string): Promise<void> => settleAfterRun(deps, runId),
    resumeRun: (runId: string): Promise<void> => resumeRun(deps, runId),
    refreshWanted: (input: { attempts: number; size?: number | undefined }): Promise<WantedPart> =>
      refreshWanted(deps, input),
    claimRefresh: (): Promise<string | null> => claimRefresh(deps.database.pool),
    refreshPart: (input: {
      refreshId: string;
      attempts: number;
      size?: number | undefined;
    }): Promise<RefreshPart> => refreshPart(deps, input),
    closeRefresh: (input: {
      refreshId: string;
      error: { code: string; message: string } | null;
    }): Promise<void> => closeRefresh(deps.database.pool, input.refreshId, input.error),
    closeRun: (input: { runId: string; outcome: RunOutcome }): Promise<void> => closeRun(deps, input),
  };
}

export type { ClaimedRun } from './sync-run/claim-run.ts';
export type { ReadResult } from './sync-run/read-source.ts';
export type Activities = ReturnType<typeof createActivities>;
