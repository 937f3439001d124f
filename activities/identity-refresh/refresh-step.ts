// What the steps of refreshes have in common: they tell that they live, stop when they are told to, and fail in words.
import { Context } from '@temporalio/activity';
import { CancelledFailure } from '@temporalio/common';
import { causeOf, isCancellation, toFailure } from '../activity-failure.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { withHeartbeat } from '../heartbeat.ts';

/** Batches a step: what the history of its workflow grows by once, and how long others in it wait. */
export const BATCHES_A_PART = 5;

/** Runs `work` as an activity. @param attempts how often it is tried where it fails for no known reason */
export function refreshStep<Result>(
  deps: ActivityDependencies,
  { attempts, refreshId }: { attempts: number; refreshId?: string },
  work: (signal: AbortSignal, attempt: number) => Promise<Result>,
): Promise<Result> {
  return withHeartbeat(async () => {
    const { cancellationSignal, info } = Context.current();
    try {
      return await work(cancellationSignal, info.attempt);
    } catch (error) {
      if (isCancellation(error, cancellationSignal))
        throw new CancelledFailure('The refresh was told to stop.');
      const cause = causeOf(error);
      const log = deps.logger.child({ refreshId });
      if (cause.code === 'internal_error') log.error({ err: error }, 'a refresh failed unexpectedly');
      else log.warn({ code: cause.code }, cause.message);
      throw toFailure(cause, cause.bySource && info.attempt >= attempts);
    }
  });
}
