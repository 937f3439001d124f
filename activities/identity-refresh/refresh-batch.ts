// Refreshes a few thousand persons in one transaction: read, computed and written some at a time.
import type pg from 'pg';
import { deriveRefreshed, lockPersons } from '../../database/queries/persons/derive-persons.ts';
import { fillRefreshed, type RefreshedPerson } from '../../database/queries/persons/fill-refreshed.ts';
import { type ReadPerson, readPersons } from '../../database/queries/persons/read-persons.ts';
import { takenNames } from '../../database/queries/persons/taken-names.ts';
import { transaction } from '../../database/sql.ts';
import { evaluatePersons, failuresOf } from '../../domain/identity-profiles/evaluate-persons.ts';
import { NameBook } from '../../domain/transforms/name-book.ts';
import type { CompiledProfiles, ReadyProfile, ReadyProfiles } from './compiled-profiles.ts';

const PERSONS_AT_A_TIME = 2_500;

/** What came of a batch; `last` null: there was nothing to refresh. */
export interface BatchResult {
  last: string | null;
  done: number;
  failed: number;
}

/** Both are called in the batch's transaction, when neither correlation nor another refresh changes who persons are. */
export interface BatchUse {
  /** Ids of those to refresh, in order; none: there is nothing to do. */
  choose(client: pg.PoolClient): Promise<string[]>;
  /** Keeps what was done beside it. */
  record?(client: pg.PoolClient, result: BatchResult): Promise<void>;
}

/**
 * Refreshes the persons that `choose` names; killed at any instant, nothing of the batch has happened.
 */
export function refreshBatch(
  pool: pg.Pool,
  profiles: CompiledProfiles,
  { choose, record }: BatchUse,
): Promise<BatchResult> {
  return transaction(pool, async (client) => {
    await lockPersons(client);
    const ids = await choose(client);
    if (ids.length === 0) return { last: null, done: 0, failed: 0 };
    const ready = await profiles(client);
    const result = { last: ids.at(-1) ?? null, done: ids.length, failed: 0 };
    const names = new NameBook();
    let refreshed = await refresh(client, await read(client, ids, 0, ready), ready, names);
    for (let next = PERSONS_AT_A_TIME; refreshed.length > 0; next += PERSONS_AT_A_TIME) {
      result.failed += refreshed.filter(({ failures }) => failures !== null).length;
      const persons = await read(client, ids, next, ready);
      await fillRefreshed(client, refreshed);
      // While PostgreSQL writes these, we compute the next.
      const deriving = deriveRefreshed(client);
      // Where computing fails before anybody waits for this.
      deriving.catch(() => {});
      refreshed = await refresh(client, persons, ready, names);
      await deriving;
    }
    await record?.(client, result);
    return result;
  });
}

function read(
  client: pg.PoolClient,
  ids: readonly string[],
  from: number,
  { reads }: ReadyProfiles,
): Promise<ReadPerson[]> {
  const some = ids.slice(from, from + PERSONS_AT_A_TIME);
  return some.length === 0 ? Promise.resolve([]) : readPersons(client, some, reads);
}

async function refresh(
  client: pg.PoolClient,
  persons: readonly ReadPerson[],
  { byId }: ReadyProfiles,
  names: NameBook,
): Promise<RefreshedPerson[]> {
  const groups = Map.groupBy(persons, ({ profileId }) => profileId);
  const refreshed: RefreshedPerson[] = [];
  for (const [profileId, group] of groups)
    refreshed.push(...(await refreshGroup(client, group, byId.get(profileId ?? ''), names)));
  return refreshed;
}

async function refreshGroup(
  client: pg.PoolClient,
  persons: readonly ReadPerson[],
  ready: ReadyProfile | undefined,
  names: NameBook,
): Promise<RefreshedPerson[]> {
  if (!ready?.profile) {
    const failures = ready?.broken ? { identityAttributeConfig: ready.broken } : null;
    return persons.map(({ id }) => ({ id, attributes: null, failures }));
  }
  const results = await evaluatePersons(ready.profile, persons, names, (wanted) =>
    takenNames(client, wanted, ready.nameAttributes),
  );
  return results.map((result, index) => ({
    id: (persons[index] as ReadPerson).id,
    attributes: result.attributes,
    failures: failuresOf(result),
  }));
}
