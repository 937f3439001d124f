// Refreshes a few thousand persons in one transaction: read, computed and written some at a time.
import { setImmediate } from 'node:timers/promises';
import type pg from 'pg';
import { lockPersons, writeGathered } from '../../database/queries/persons/derive-persons.ts';
import { failPerson } from '../../database/queries/persons/fail-person.ts';
import {
  type ComputedPerson,
  type ComputedRows,
  computedRows,
  fillComputed,
} from '../../database/queries/persons/fill-computed.ts';
import { createGathered, gatherToRefresh } from '../../database/queries/persons/gather-persons.ts';
import { type KeptName, keepNames, listNames } from '../../database/queries/persons/keep-names.ts';
import type { ReadPerson } from '../../database/queries/persons/read-persons.ts';
import { takenNames } from '../../database/queries/persons/taken-names.ts';
import { transaction } from '../../database/sql.ts';
import { evaluatePersons, failuresOf } from '../../domain/identity-profiles/evaluate-persons.ts';
import { NameBook } from '../../domain/transforms/name-book.ts';
import type { CompiledProfiles, ReadyProfile, ReadyProfiles } from './compiled-profiles.ts';
import { isDataError } from './data-error.ts';
import type { Fault } from './log-faults.ts';

const PERSONS_AT_A_TIME = 2_500;

/** What came of a batch. */
export interface BatchResult {
  /** There was nobody left. */
  over: boolean;
  /** Up to whom, in the order of `choose`. */
  last: string | null;
  done: number;
  failed: number;
}

/** Both are called in the batch's transaction, when neither correlation nor another refresh changes who persons are. */
export interface BatchUse {
  /** Ids of those to refresh, in order, which may be nobody of those who were next; null: there is nobody left. */
  choose(client: pg.PoolClient): Promise<string[] | null>;
  /** What transforms take for the present time, in milliseconds since 1970, asked after `choose`; else the batch has one. */
  now?(): number;
  /** Keeps what was done beside it. */
  record?(client: pg.PoolClient, result: BatchResult, ids: readonly string[]): Promise<void>;
  /** Told of a fault of ours in a transform. */
  onFault?(fault: Fault): void;
}

/**
 * Refreshes the persons that `choose` names; killed at any instant, nothing of the batch has happened.
 */
export function refreshBatch(
  pool: pg.Pool,
  profiles: CompiledProfiles,
  { choose, record, now = Date.now, onFault = () => {} }: BatchUse,
): Promise<BatchResult> {
  return transaction(pool, async (client) => {
    await lockPersons(client);
    const ids = await choose(client);
    if (ids === null || ids.length === 0) return { over: ids === null, last: null, done: 0, failed: 0 };
    const ready = await profiles(client);
    const namesIn = await listNames(client, ready.nameAttributes);
    const batch = { client, ready, now: now(), names: new NameBook(), namesIn, onFault };
    const failed = ids.length > 1 ? await refreshAll(batch, ids) : await refreshOne(batch, ids);
    const result = { over: false, last: ids.at(-1) ?? null, done: ids.length, failed };
    await record?.(client, result, ids);
    return result;
  });
}

interface Batch {
  client: pg.PoolClient;
  ready: ReadyProfiles;
  now: number;
  names: NameBook;
  /** Attributes that hold user names. */
  namesIn: readonly string[];
  onFault(fault: Fault): void;
}

/** As `refreshAll`; data that cannot be stored are the failure of this person, and of nobody else. */
async function refreshOne(batch: Batch, ids: readonly string[]): Promise<number> {
  const { client } = batch;
  await client.query('savepoint one');
  try {
    return await refreshAll(batch, ids);
  } catch (error) {
    if (!isDataError(error)) throw error;
    await client.query('rollback to savepoint one');
    const { code } = error as { code: string };
    await failPerson(client, ids[0] as string, `what was computed cannot be stored (SQLSTATE ${code})`);
    return 1;
  }
}

/** @returns of how many an attribute could not be computed */
async function refreshAll(batch: Batch, ids: readonly string[]): Promise<number> {
  const { client } = batch;
  await createGathered(client);
  let failed = 0;
  let computed = await compute(batch, await gather(batch, ids, 0));
  for (let part = 0; part * PERSONS_AT_A_TIME < ids.length; part++) {
    failed += computed.failed;
    const next = await gather(batch, ids, part + 1);
    await fillComputed(client, computed);
    // While PostgreSQL writes these, we compute the next.
    const writing = writeGathered(client, part);
    // Where computing fails before anybody waits for this.
    writing.catch(() => {});
    await setImmediate();
    computed = await compute(batch, next);
    await writing;
  }
  return failed;
}

/** What is there to compute of a part; the database goes on with the others by itself. */
function gather({ client, ready }: Batch, ids: readonly string[], number: number): Promise<ReadPerson[]> {
  const from = number * PERSONS_AT_A_TIME;
  const part = { number, ids: ids.slice(from, from + PERSONS_AT_A_TIME) };
  const saying = [...ready.byId].filter(([, { profile, broken }]) => profile || broken).map(([id]) => id);
  return part.ids.length === 0 ? Promise.resolve([]) : gatherToRefresh(client, part, ready.reads, saying);
}

async function compute(batch: Batch, persons: readonly ReadPerson[]): Promise<ComputedRows> {
  const groups = Map.groupBy(persons, ({ profileId }) => profileId);
  const computed: ComputedPerson[] = [];
  for (const [profileId, group] of groups)
    computed.push(...(await computeGroup(batch, group, batch.ready.byId.get(profileId ?? ''))));
  await keepNames(batch.client, namesOf(batch, computed));
  return computedRows(computed);
}

/** What nobody else may have from now on. */
function namesOf({ names, namesIn }: Batch, computed: readonly ComputedPerson[]): KeptName[] {
  const given = names.takeGiven().map((name) => ({ ...name, attribute: '' }));
  if (namesIn.length === 0) return given;
  const held = computed.flatMap(({ id: personId, attributes }) =>
    namesIn.flatMap((attribute) => {
      const name = attributes?.[attribute];
      return name ? [{ personId, attribute, name }] : [];
    }),
  );
  return [...given, ...held];
}

async function computeGroup(
  { client, now, names, onFault }: Batch,
  persons: readonly ReadPerson[],
  ready: ReadyProfile | undefined,
): Promise<ComputedPerson[]> {
  if (!ready?.profile) {
    const failures = ready?.broken ? { identityAttributeConfig: ready.broken } : null;
    return persons.map(({ id }) => ({ id, attributes: null, failures }));
  }
  const results = await evaluatePersons(ready.profile, persons, { names, now }, (wanted) =>
    takenNames(client, wanted),
  );
  return results.map((result, index) => {
    const { id } = persons[index] as ReadPerson;
    for (const { attribute, unexpected } of result.errors)
      if (unexpected !== undefined) onFault({ personId: id, attribute, error: unexpected });
    return { id, attributes: result.attributes, failures: failuresOf(result) };
  });
}
