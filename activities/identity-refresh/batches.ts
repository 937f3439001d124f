// Batch after batch of a refresh; where data of one person cannot be stored, the others go on without it.
import type pg from 'pg';
import type { Logger } from 'pino';
import { causeOf } from '../activity-failure.ts';
import { createCompiledProfiles } from './compiled-profiles.ts';
import { isDataError } from './data-error.ts';
import { logFaults, placeOf } from './log-faults.ts';
import { type BatchResult, type BatchUse, refreshBatch } from './refresh-batch.ts';

const PERSONS_A_BATCH = 10_000;
/** Who fail for no known reason: of so many in a part, the fault may be elsewhere. */
const MOST_BEHIND = 20;

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
  /** Lets others go before a person whose refresh failed for a reason that is not in the data; else the batch fails. */
  putBehind?(personIds: readonly string[]): Promise<void>;
}

export interface Batches {
  /** Refreshes the next. */
  next(): Promise<BatchResult>;
  /** How many persons the next may have. */
  size(): number;
}

/**
 * A batch that meets data which cannot be stored is tried with half as many persons, down to the one at fault, who is
 * noted as failed; after that batches grow again. Who fails for no known reason is found in the same way where others can
 * go first; several of them end the part, and whoever tries again waits a little. Each attempt of a part has a quarter of
 * the persons, and then one: the values of few may be more than a worker has memory for.
 */
export function createBatches(
  pool: pg.Pool,
  { choose, record, now, logger, putBehind }: BatchesUse,
  { size: first = PERSONS_A_BATCH, attempt = 1 }: BatchSize = {},
): Batches {
  const profiles = createCompiledProfiles();
  const most = Math.max(1, Math.floor(PERSONS_A_BATCH / 4 ** (attempt - 1)));
  let size = Math.min(most, first);
  const behind = new Set<string>();
  const next = async () => {
    for (;;) {
      let chosen: readonly string[] = [];
      try {
        const batch = await refreshBatch(pool, profiles, {
          choose: async (client) => {
            const ids = await choose(client, size);
            chosen = ids ?? [];
            return ids;
          },
          ...(record && { record }),
          ...(now && { now }),
          ...(logger && { onFault: logFaults(logger) }),
        });
        size = Math.min(most, size * 2);
        return batch;
      } catch (error) {
        const narrows = isDataError(error) || (putBehind !== undefined && isUnknown(error));
        if (!narrows) throw error;
        if (size > 1) {
          size = Math.ceil(Math.min(size, chosen.length || size) / 2);
          continue;
        }
        const [personId] = chosen;
        if (personId === undefined || !putBehind) throw error;
        await putBehind([personId]);
        // All others had their turn, or there are many of them.
        if (behind.has(personId) || behind.size === MOST_BEHIND) throw error;
        behind.add(personId);
        logger?.error({ personId, ...placeOf(error) }, 'a person could not be refreshed');
      }
    }
  };
  return { next, size: () => size };
}

/** Neither the database's absence nor anything else that passes by itself. */
function isUnknown(error: unknown): boolean {
  return causeOf(error).code === 'internal_error';
}
