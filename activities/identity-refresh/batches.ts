// Batch after batch of a refresh; where data of one person cannot be stored, the others go on without it.
import type pg from 'pg';
import { createCompiledProfiles } from './compiled-profiles.ts';
import { isDataError } from './data-error.ts';
import { type BatchResult, type BatchUse, refreshBatch } from './refresh-batch.ts';

const PERSONS_A_BATCH = 10_000;

/** As `BatchUse`, of at most `limit` persons. */
export interface BatchesUse extends Pick<BatchUse, 'record'> {
  choose(client: pg.PoolClient, limit: number): Promise<string[] | null>;
}

/**
 * Answers with what refreshes the next batch. A batch that meets data which cannot be stored is tried with half as many
 * persons, down to the one at fault, who is noted as failed; after that batches grow again.
 */
export function createBatches(pool: pg.Pool, { choose, record }: BatchesUse): () => Promise<BatchResult> {
  const profiles = createCompiledProfiles();
  let size = PERSONS_A_BATCH;
  return async () => {
    for (;;) {
      try {
        const batch = await refreshBatch(pool, profiles, {
          choose: (client) => choose(client, size),
          ...(record && { record }),
        });
        size = Math.min(PERSONS_A_BATCH, size * 2);
        return batch;
      } catch (error) {
        if (!isDataError(error) || size === 1) throw error;
        size = Math.ceil(size / 2);
      }
    }
  };
}
