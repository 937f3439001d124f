// Batch after batch of a refresh; where data of one person cannot be stored, the others go on without it.
import type pg from 'pg';
import type { Logger } from 'pino';
import { createCompiledProfiles } from './compiled-profiles.ts';
import { isDataError } from './data-error.ts';
import { logFaults } from './log-faults.ts';
import { type BatchResult, type BatchUse, refreshBatch } from './refresh-batch.ts';

const PERSONS_A_BATCH = 10_000;

/** How large batches are at first. */
export interface BatchSize {
  /** As `Batches.size` of the part before. */
  size?: number | undefined;
  /** Which attempt of the part this is, from 1: what ended the former may have been the size of a batch. */
  attempt?: number;
}

/** As `BatchUse`, of at most `limit` persons. */
export interface BatchesUse extends Pick<BatchUse, 'record' | 'now'> {
  /** Where faults of ours are told. */
  logger?: Logger | undefined;
  choose(client: pg.PoolClient, limit: number): Promise<string[] | null>;
}

export interface Batches {
  /** Refreshes the next. */
  next(): Promise<BatchResult>;
  /** How many persons the next may have. */
  size(): number;
}

/**
 * A batch that meets data which cannot be stored is tried with half as many persons, down to the one at fault, who is
 * noted as failed; after that batches grow again. Each attempt of a part has a quarter of the persons, and then one: the
 * values of few may be more than a worker has memory for.
 */
export function createBatches(
  pool: pg.Pool,
  { choose, record, now, logger }: BatchesUse,
  { size: first = PERSONS_A_BATCH, attempt = 1 }: BatchSize = {},
): Batches {
  const profiles = createCompiledProfiles();
  const most = Math.max(1, Math.floor(PERSONS_A_BATCH / 4 ** (attempt - 1)));
  let size = Math.min(most, first);
  const next = async () => {
    for (;;) {
      try {
        const batch = await refreshBatch(pool, profiles, {
          choose: (client) => choose(client, size),
          ...(record && { record }),
          ...(now && { now }),
          ...(logger && { onFault: logFaults(logger) }),
        });
        size = Math.min(most, size * 2);
        return batch;
      } catch (error) {
        if (!isDataError(error) || size === 1) throw error;
        size = Math.ceil(size / 2);
      }
    }
  };
  return { next, size: () => size };
}
