// Refreshes a few thousand persons in one transaction: some are read while others are computed and others written.
import type pg from 'pg';
import { takeWanted } from '../../database/queries/persons/choose-persons.ts';
import { lockPersons, settleManagers, writeGathered } from '../../database/queries/persons/derive-persons.ts';
import { failPerson } from '../../database/queries/persons/fail-person.ts';
import {
  type ComputedPerson,
  type ComputedRows,
  computedRows,
  fillGathered,
} from '../../database/queries/persons/fill-gathered.ts';
import {
  createGathered,
  type GatheredPerson,
  holdGathered,
  readGathered,
} from '../../database/queries/persons/gather-persons.ts';
import { type KeptName, keepNames, listNames } from '../../database/queries/persons/keep-names.ts';
import type { ReadPerson } from '../../database/queries/persons/read-persons.ts';
import { takenNames } from '../../database/queries/persons/taken-names.ts';
import { withReader } from '../../database/reader.ts';
import { transaction } from '../../database/sql.ts';
import { evaluatePersons, failuresOf } from '../../domain/identity-profiles/evaluate-persons.ts';
import { NameBook } from '../../domain/transforms/name-book.ts';
import type { CompiledProfiles, ReadyProfile, ReadyProfiles } from './compiled-profiles.ts';
import { isDataError } from './data-error.ts';
import type { Fault } from './log-faults.ts';
import { partsOf, readAhead } from './parts.ts';

/** PostgreSQL's code for what is sent after a statement of the transaction failed. */
const IN_FAILED_TRANSACTION = '25P02';

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
 * Refreshes the persons that `choose` names; killed at any instant, nothing of the batch has happened. A session beside
 * the transaction reads what is written next; while this one has the turn, nobody changes what persons are for either.
 */
export function refreshBatch(
  pool: pg.Pool,
  profiles: CompiledProfiles,
  { choose, record, now = Date.now, onFault = () => {} }: BatchUse,
): Promise<BatchResult> {
  // Both sessions before the turn: who had it and waited for a second one could wait for those who wait for the turn.
  return withReader(pool, (reader) =>
    transaction(pool, async (client) => {
      await lockPersons(client);
      await holdGathered(reader);
      const ids = await choose(client);
      if (ids === null || ids.length === 0) return { over: ids === null, last: null, done: 0, failed: 0 };
      const ready = await profiles(client);
      const namesIn = await listNames(client, ready.nameAttributes);
      const batch = { client, reader, ready, now: now(), names: new NameBook(), namesIn, onFault };
      const failed = ids.length > 1 ? await refreshAll(batch, ids) : await refreshOne(batch, ids);
      const result = { over: false, last: ids.at(-1) ?? null, done: ids.length, failed };
      await record?.(client, result, ids);
      return result;
    }),
  );
}

interface Batch {
  client: pg.PoolClient;
  /** Sees nothing of what the batch writes. */
  reader: pg.PoolClient;
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
  const wanted = await takeWanted(client, ids);
  await createGathered(client);
  const managers: string[] = [];
  let failed = 0;
  let part = 0;
  let writing = Promise.resolve();
  try {
    for await (const persons of readAhead(partsOf(ids), (part) => read(batch, part))) {
      const computed = await compute(batch, part, persons);
      failed += computed.failed;
      await writing;
      writing = write(client, part++, computed, managers);
      // Where computing fails before anybody waits for this.
      writing.catch(() => {});
    }
  } catch (error) {
    // Nothing may be sent any more once the transaction is over.
    throw whatFailed(error, await failureOf(writing));
  }
  await writing;
  await settleManagers(client, wanted, managers);
  return failed;
}

const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => null,
    (error: unknown) => error,
  );

/** Of two statements of a transaction that failed, the one that ended it: what follows is refused with this. */
function whatFailed(asking: unknown, writing: unknown): unknown {
  const refused = (writing as { code?: unknown } | null)?.code === IN_FAILED_TRANSACTION;
  return writing === null || refused ? asking : writing;
}

function read({ reader, ready }: Batch, part: readonly string[]): Promise<GatheredPerson[]> {
  const saying = [...ready.byId].filter(([, { profile, broken }]) => profile || broken).map(([id]) => id);
  return readGathered(reader, part, ready.reads, saying);
}

async function write(
  client: pg.PoolClient,
  part: number,
  computed: ComputedRows,
  managers: string[],
): Promise<void> {
  await fillGathered(client, computed);
  managers.push(...(await writeGathered(client, part)));
}

async function compute(
  batch: Batch,
  part: number,
  persons: readonly GatheredPerson[],
): Promise<ComputedRows> {
  const read = persons.map((person) => person.read).filter((person) => person !== null);
  const groups = [...Map.groupBy(read, ({ profileId }) => profileId)].map(([id, group]) => ({
    group,
    ready: batch.ready.byId.get(id ?? ''),
  }));
  const makesNames = ({ ready }: { ready: ReadyProfile | undefined }) =>
    ready !== undefined && ready.nameAttributes.length > 0;
  const computed: ComputedPerson[] = [];
  // Names that persons have from elsewhere are known before any is made.
  for (const some of [groups.filter((each) => !makesNames(each)), groups.filter(makesNames)]) {
    const now: ComputedPerson[] = [];
    for (const { group, ready } of some) now.push(...(await computeGroup(batch, group, ready)));
    batch.names.hold(await keepNames(batch.client, namesOf(batch, now)));
    computed.push(...now);
  }
  return computedRows(part, persons, computed);
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
