// The steps of a profile's refresh: a part of its persons, whose place and counts commit with each batch.
import { Context } from '@temporalio/activity';
import { CancelledFailure } from '@temporalio/common';
import { holdRefresh, recordRefreshed } from '../../database/queries/identity-profiles/refreshes.ts';
import { personsOfProfile } from '../../database/queries/persons/choose-persons.ts';
import { causeOf, isCancellation, toFailure } from '../activity-failure.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { withHeartbeat } from '../heartbeat.ts';
import { createCompiledProfiles } from './compiled-profiles.ts';
import { refreshBatch } from './refresh-batch.ts';
import { PERSONS_A_BATCH } from './refresh-persons.ts';

/** Batches an activity: what its caller's history grows by once. */
const BATCHES_A_PART = 10;

export interface RefreshPart {
  over: boolean;
  total: number;
  done: number;
  failed: number;
}

/** Goes on where the refresh is, whoever brought it there; over when nobody is left, or when the refresh is gone. */
export function refreshPart(
  deps: ActivityDependencies,
  input: { refreshId: string; attempts: number },
): Promise<RefreshPart> {
  return withHeartbeat(async () => {
    const { cancellationSignal, info } = Context.current();
    try {
      return await refreshSome(deps, input.refreshId, cancellationSignal);
    } catch (error) {
      if (isCancellation(error, cancellationSignal))
        throw new CancelledFailure('The refresh was told to stop.');
      const cause = causeOf(error);
      const log = deps.logger.child({ refreshId: input.refreshId });
      if (cause.code === 'internal_error') log.error({ err: error }, 'a refresh failed unexpectedly');
      else log.warn({ code: cause.code }, cause.message);
      throw toFailure(cause, cause.bySource && info.attempt >= input.attempts);
    }
  });
}

async function refreshSome(
  { database: { pool } }: ActivityDependencies,
  refreshId: string,
  signal: AbortSignal,
): Promise<RefreshPart> {
  const profiles = createCompiledProfiles();
  const part: RefreshPart = { over: false, total: 0, done: 0, failed: 0 };
  for (let batches = 0; batches < BATCHES_A_PART && !part.over; batches++) {
    signal.throwIfAborted();
    const batch = await refreshBatch(pool, profiles, {
      choose: async (client) => {
        const at = await holdRefresh(client, refreshId);
        if (!at) return [];
        Object.assign(part, { total: at.total, done: at.done, failed: at.failed });
        return personsOfProfile(client, at.profileId, at.position, PERSONS_A_BATCH);
      },
      record: (client, result) => recordRefreshed(client, refreshId, result),
    });
    part.over = batch.last === null;
    part.done += batch.done;
    part.failed += batch.failed;
  }
  return part;
}
