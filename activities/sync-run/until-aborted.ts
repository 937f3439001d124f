// Lets whoever pauses or cancels a run interrupt a statement that takes long, or that waits for another's lock.
import { setTimeout as pause } from 'node:timers/promises';
import { endEarlierSessions, type RunFence } from '../../database/run-fence.ts';
import type { ActivityDependencies } from '../dependencies.ts';

/** Sessions are ended again after this long: a transaction that had no name yet, or began since, is found then. */
const AGAIN_MS = 1_000;

/** What of a step's context tells when to stop, and whose sessions are meant. */
interface Interruptible {
  deps: Pick<ActivityDependencies, 'database' | 'logger'>;
  fence: RunFence;
  signal: AbortSignal;
}

/** Does `work`, whose transactions bear the run's name: once the step is told to stop, their sessions are ended. */
export async function untilAborted<T>(step: Interruptible, work: () => Promise<T>): Promise<T> {
  const { signal } = step;
  const ended = new AbortController();
  const interrupt = () => void endSessionsUntil(ended.signal, step);
  signal.throwIfAborted();
  signal.addEventListener('abort', interrupt, { once: true });
  try {
    return await work();
  } finally {
    signal.removeEventListener('abort', interrupt);
    ended.abort();
  }
}

/** Never rejects: what fails is tried again. */
async function endSessionsUntil(ended: AbortSignal, { deps, fence }: Interruptible): Promise<void> {
  const own = { ...fence, epoch: fence.epoch + 1 };
  while (!ended.aborted) {
    await endEarlierSessions(deps.database.pool, own).catch((error: unknown) =>
      deps.logger.warn({ err: error, runId: fence.runId }, 'a step that was told to stop goes on a little'),
    );
    await pause(AGAIN_MS, undefined, { signal: ended }).catch(() => {});
  }
}
