// Refreshes every person whose accounts changed, of whatever profile: what a run does when it has correlated.
import type pg from 'pg';
import { wantedPersons } from '../../database/queries/persons/choose-persons.ts';
import { settleDissolved } from '../../database/queries/persons/person-managers.ts';
import { createCompiledProfiles } from './compiled-profiles.ts';
import { refreshBatch } from './refresh-batch.ts';

export const PERSONS_A_BATCH = 10_000;

export interface RefreshProgress {
  done: number;
  /** Persons of which an attribute could not be computed. */
  failed: number;
}

/**
 * Goes on until none is left. Each batch is a transaction of its own, so that a repetition goes on where this one ended.
 * @param onProgress told after each batch
 * @throws the signal's reason, between batches
 */
export async function refreshPersons(
  { pool }: { pool: pg.Pool },
  signal: AbortSignal,
  onProgress: (progress: RefreshProgress) => void = () => {},
): Promise<RefreshProgress> {
  const profiles = createCompiledProfiles();
  const progress = { done: 0, failed: 0 };
  for (;;) {
    signal.throwIfAborted();
    const batch = await refreshBatch(pool, profiles, {
      choose: chooseWanted,
    });
    if (batch.last === null) return progress;
    progress.done += batch.done;
    progress.failed += batch.failed;
    onProgress({ ...progress });
  }
}

/** The next that wait, without those who are dissolved: these are settled on the way. */
async function chooseWanted(client: pg.PoolClient): Promise<string[]> {
  for (;;) {
    const wanted = await wantedPersons(client, PERSONS_A_BATCH);
    const present = await settleDissolved(client, wanted);
    if (present.length > 0 || wanted.length === 0) return present;
  }
}
