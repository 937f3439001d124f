// Lets whoever pauses or cancels a run interrupt a statement that takes long, or that waits for another's lock.
import { endEarlierSessions } from '../../database/run-fence.ts';
import type { StepContext } from './run-step.ts';

/** Does `work`, whose transactions bear the run's name; when the step is told to stop, their sessions are ended. */
export async function untilAborted<T>(
  { deps, fence, signal }: StepContext,
  work: () => Promise<T>,
): Promise<T> {
  const endOwnSessions = () =>
    void endEarlierSessions(deps.database.pool, { ...fence, epoch: fence.epoch + 1 }).catch(
      (error: unknown) =>
        deps.logger.warn(
          { err: error, runId: fence.runId },
          'a cancelled step goes on to its next statement',
        ),
    );
  signal.throwIfAborted();
  signal.addEventListener('abort', endOwnSessions, { once: true });
  try {
    return await work();
  } finally {
    signal.removeEventListener('abort', endOwnSessions);
  }
}
