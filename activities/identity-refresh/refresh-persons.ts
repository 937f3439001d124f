// Refreshes every person that waits for it, of whatever profile: something of it has changed.
import type pg from 'pg';
import type { Logger } from 'pino';
import { reportFailures } from '../../database/queries/identity-profiles/report-failures.ts';
import { wantPersonsOfAccounts } from '../../database/queries/persons/account-changes.ts';
import { putBehind, wantedPersons } from '../../database/queries/persons/choose-persons.ts';
import { settleDissolved } from '../../database/queries/persons/person-managers.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { type BatchSize, createBatches } from './batches.ts';
import { BATCHES_A_PART, refreshStep } from './refresh-step.ts';

export interface RefreshProgress {
  done: number;
  /** Persons of which an attribute could not be computed. */
  failed: number;
}

export interface WantedPart extends RefreshProgress {
  /** Nobody waits any more. */
  over: boolean;
  /** For the next part. */
  size: number;
}

/** A part of those who wait: what its caller's history grows by once. */
export function refreshWanted(
  deps: ActivityDependencies,
  input: { attempts: number; size?: number | undefined },
): Promise<WantedPart> {
  return refreshStep(deps, input, (signal, attempt) =>
    refreshSome({ pool: deps.database.pool, logger: deps.logger }, signal, {
      most: BATCHES_A_PART,
      size: input.size,
      attempt,
    }),
  );
}

/**
 * Goes on until none is left.
 * @param onProgress told after each batch
 * @throws the signal's reason, between batches
 */
export async function refreshPersons(
  use: RefreshUse,
  signal: AbortSignal,
  onProgress: (progress: RefreshProgress) => void = () => {},
): Promise<RefreshProgress> {
  const { done, failed } = await refreshSome(use, signal, { most: Number.POSITIVE_INFINITY }, onProgress);
  return { done, failed };
}

interface RefreshUse {
  pool: pg.Pool;
  /** Where faults of ours are told. */
  logger?: Logger;
}

/** Each batch is a transaction of its own, so that a repetition goes on where this one ended. */
async function refreshSome(
  { pool, logger }: RefreshUse,
  signal: AbortSignal,
  { most, ...size }: BatchSize & { most: number },
  onProgress: (progress: RefreshProgress) => void = () => {},
): Promise<WantedPart> {
  const use = {
    choose: chooseWanted,
    record: recordFailures,
    putBehind: (ids: readonly string[]) => putBehind(pool, ids),
    logger,
  };
  const batches = createBatches(pool, use, size);
  const part = { over: false, done: 0, failed: 0 };
  for (let count = 0; count < most && !part.over; count++) {
    signal.throwIfAborted();
    const batch = await batches.next();
    part.over = batch.over;
    part.done += batch.done;
    part.failed += batch.failed;
    if (!part.over) onProgress({ done: part.done, failed: part.failed });
  }
  return { ...part, size: batches.size() };
}

async function recordFailures(
  client: pg.PoolClient,
  { failed }: { failed: number },
  ids: readonly string[],
): Promise<void> {
  if (failed > 0) await reportFailures(client, ids);
}

/** The next that wait, without those who are dissolved: these are settled with the batch. */
async function chooseWanted(client: pg.PoolClient, limit: number): Promise<string[] | null> {
  await wantPersonsOfAccounts(client);
  const wanted = await wantedPersons(client, limit);
  return wanted.length === 0 ? null : settleDissolved(client, wanted);
}
