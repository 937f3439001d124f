// A run's pauses: steps that people interrupt are begun again once the run goes on, and nobody waits for ever.
import { CancellationScope, condition, upsertSearchAttributes } from '@temporalio/workflow';
import type { ClaimedRun } from '../activities/index.ts';
import { patientActivities } from './activities.ts';
import { SEARCH_ATTRIBUTES, type SyncTimings } from './messages.ts';

/** What people said about a run's pauses, each by its number. */
export interface PauseWishes {
  /** The highest pause that somebody asked for. */
  asked: number;
  /** The highest pause that somebody ended. What was said about an earlier one never ends a later one. */
  resumed: number;
  /** Tells the step under way to stop. */
  interrupt(): void;
}

export function noWishes(): PauseWishes {
  return { asked: 0, resumed: 0, interrupt() {} };
}

/** Nobody let the run go on in time. */
export class PauseExpired extends Error {
  override readonly name = 'PauseExpired';
}

export type PauseReason = NonNullable<
  Parameters<ReturnType<typeof patientActivities>['pauseRun']>[0]
>['reason'];

export interface RunPauses {
  /** Does one step. Where a person wants the run to pause, it waits, before the step or instead of its end. */
  step<T>(work: () => Promise<T>): Promise<T>;
  /** Pauses now. Returns when a person lets the run go on. @throws PauseExpired */
  pause(reason: PauseReason): Promise<void>;
}

export function createPauses(run: ClaimedRun, wishes: PauseWishes, timings: SyncTimings): RunPauses {
  const { runId, pauseTimeoutMs } = run;
  const record = patientActivities(timings);
  let last = run.pauses;
  if (run.pauseRequested) wishes.asked = Math.max(wishes.asked, last + 1);

  async function pause(reason: PauseReason): Promise<void> {
    const number = await record.pauseRun({ runId, reason });
    if (number === null) throw new PauseExpired('The run was over before it could pause.');
    last = number;
    upsertSearchAttributes([{ key: SEARCH_ATTRIBUTES.status, value: 'paused' }]);
    if (!(await condition(() => wishes.resumed >= number, pauseTimeoutMs)))
      throw new PauseExpired(expiredMessage(reason, pauseTimeoutMs));
    await record.resumeRun(runId);
    upsertSearchAttributes([{ key: SEARCH_ATTRIBUTES.status, value: 'running' }]);
  }

  async function step<T>(work: () => Promise<T>): Promise<T> {
    const outer = CancellationScope.current();
    for (;;) {
      while (wishes.asked > last) await pause('operator');
      const scope = new CancellationScope();
      wishes.interrupt = () => scope.cancel();
      try {
        return await scope.run(work);
      } catch (error) {
        // A step that is interrupted may fail otherwise: its worker died, or its source did at that moment.
        if (wishes.asked <= last || outer.consideredCancelled) throw error;
      } finally {
        wishes.interrupt = () => {};
      }
    }
  }

  return { step, pause };
}

function expiredMessage(reason: PauseReason, timeoutMs: number): string {
  const hours = Math.round((timeoutMs / 3_600_000) * 100) / 100;
  return reason === 'delete_threshold'
    ? `Cancelled: nobody approved the removals within ${hours} h; nothing was removed.`
    : `Cancelled: nobody resumed the paused run within ${hours} h.`;
}
