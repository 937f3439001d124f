// The steps of a profile's refresh: a part of its persons, whose place and counts commit with each batch.
import type pg from 'pg';
import type { Logger } from 'pino';
import { holdRefresh, recordRefreshed } from '../../database/queries/identity-profiles/refreshes.ts';
import { personsOfProfile } from '../../database/queries/persons/choose-persons.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { type BatchesUse, type BatchSize, createBatches } from './batches.ts';
import { BATCHES_A_PART, refreshStep } from './refresh-step.ts';

export interface RefreshPart {
  over: boolean;
  total: number;
  done: number;
  failed: number;
  /** For the next part. */
  size: number;
}

/** Goes on where the refresh is, whoever brought it there; over when nobody is left, or when the refresh is gone. */
export function refreshPart(
  deps: ActivityDependencies,
  input: { refreshId: string; attempts: number; size?: number | undefined },
): Promise<RefreshPart> {
  const { refreshId, size } = input;
  return refreshStep(deps, input, (signal, attempt) =>
    refreshSome({ pool: deps.database.pool, logger: deps.logger }, refreshId, signal, {
      most: BATCHES_A_PART,
      size,
      attempt,
    }),
  );
}

/** Goes on until nobody is left. @throws the signal's reason, between batches */
export function refreshProfile(
  { pool }: { pool: pg.Pool },
  refreshId: string,
  signal: AbortSignal,
): Promise<RefreshPart> {
  return refreshSome({ pool }, refreshId, signal, { most: Number.POSITIVE_INFINITY });
}

async function refreshSome(
  { pool, logger }: { pool: pg.Pool; logger?: Logger },
  refreshId: string,
  signal: AbortSignal,
  { most, ...size }: BatchSize & { most: number },
): Promise<RefreshPart> {
  const part = { over: false, total: 0, done: 0, failed: 0 };
  let startedAt = 0;
  const use: BatchesUse = {
    choose: async (client, limit) => {
      const at = await holdRefresh(client, refreshId);
      if (!at) return null;
      Object.assign(part, { total: at.total, done: at.done, failed: at.failed });
      startedAt = at.startedAt;
      const ids = await personsOfProfile(client, at.profileId, at.position, limit);
      return ids.length === 0 ? null : ids;
    },
    record: (client, result) => recordRefreshed(client, refreshId, result),
    // The same for all persons, whoever goes on with the refresh, and when.
    now: () => startedAt,
    logger,
  };
  const batches = createBatches(pool, use, size);
  for (let count = 0; count < most && !part.over; count++) {
    signal.throwIfAborted();
    const batch = await batches.next();
    part.over = batch.over;
    part.done += batch.done;
    part.failed += batch.failed;
  }
  return { ...part, size: batches.size() };
}
