// Works off the queue of one project's runs, one at a time; its workflow id keeps it single.
import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { patientActivities } from './activities.ts';
import {
  cancelRunSignal,
  pauseRunSignal,
  resumeRunSignal,
  SEARCH_ATTRIBUTES,
  type SyncProjectInput,
  wakeSignal,
} from './messages.ts';
import { createPauses, noWishes, type PauseWishes } from './pauses.ts';
import { executeSyncRun } from './sync-run.ts';

/**
 * Takes runs off the database's queue until it is empty. A trigger writes its row first and signals after, so a
 * signal that arrives while this ends makes Temporal start it anew or hand it one more turn: no run is missed.
 */
export async function syncProject(input: SyncProjectInput): Promise<void> {
  const { claimRun } = patientActivities(input.timings);
  let awake = true;
  let current: { runId: string; scope: CancellationScope } | undefined;
  // A cancel may arrive between the claim of a run and its first step.
  const cancelled = new Set<string>();
  // So may a pause, and the end of one before its activity was heard of.
  const wishes = new Map<string, PauseWishes>();
  const wishesFor = (runId: string): PauseWishes => {
    const known = wishes.get(runId) ?? noWishes();
    wishes.set(runId, known);
    return known;
  };

  setHandler(wakeSignal, () => {
    awake = true;
  });
  setHandler(cancelRunSignal, ({ runId }) => {
    cancelled.add(runId);
    if (current?.runId === runId) current.scope.cancel();
  });
  setHandler(pauseRunSignal, ({ runId, pause }) => {
    const wish = wishesFor(runId);
    if (pause <= wish.asked) return;
    wish.asked = pause;
    wish.interrupt();
  });
  setHandler(resumeRunSignal, ({ runId, pause }) => {
    const wish = wishesFor(runId);
    wish.resumed = Math.max(wish.resumed, pause);
  });

  while (awake) {
    awake = false;
    for (let run = await claimRun(input.projectId); run; run = await claimRun(input.projectId)) {
      const claimed = run;
      const scope = new CancellationScope();
      current = { runId: claimed.runId, scope };
      if (cancelled.has(claimed.runId)) scope.cancel();
      upsertSearchAttributes([
        { key: SEARCH_ATTRIBUTES.runId, value: claimed.runId },
        { key: SEARCH_ATTRIBUTES.status, value: 'running' },
      ]);
      setCurrentDetails(`Run ${claimed.runId} (${claimed.mode}) of ${claimed.projectName}`);
      const status = await executeSyncRun({
        run: claimed,
        timings: input.timings,
        scope,
        pauses: createPauses(claimed, wishesFor(claimed.runId), input.timings),
      });
      upsertSearchAttributes([{ key: SEARCH_ATTRIBUTES.status, value: status }]);
      current = undefined;
      cancelled.delete(claimed.runId);
      wishes.delete(claimed.runId);
      if (workflowInfo().continueAsNewSuggested) {
        await condition(allHandlersFinished);
        await continueAsNew<typeof syncProject>(input);
      }
    }
  }
}
