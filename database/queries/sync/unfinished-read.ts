// How far an unfinished read has come, and how a later attempt takes over what it has staged.
import type pg from 'pg';
import { basisChange, type ReadBasis } from '../../../domain/read-basis.ts';
import type { ReadPosition } from '../../../domain/read-position.ts';
import { bareName, tableExists } from '../../partitions.ts';
import type { RunFence } from '../../run-fence.ts';
import { type Queryable, run, runOne, sql } from '../../sql.ts';
import { type StagingTables, stagingTables } from './staging.ts';

/** What must be the same for a read to go on. */
export interface ReadTerms {
  /** Scopes, mappings and connection. */
  basis: ReadBasis;
  adoptable: boolean;
}

/** The run's `read_position`. */
interface UnfinishedRead extends ReadTerms {
  /** Whose tables hold what was staged. */
  epoch: number;
  /** Pages that are staged, all before the position. */
  pages: number;
  position: ReadPosition | null;
}

/** The read that begins notes its positions from now on. Called inside the fence. */
export async function notePositions(client: pg.PoolClient, fence: RunFence, terms: ReadTerms): Promise<void> {
  const begun: UnfinishedRead = { ...terms, epoch: fence.epoch, pages: 0, position: null };
  await run(
    client,
    sql`update sync_run set read_position = ${JSON.stringify(begun)}::jsonb where id = ${fence.runId}`,
  );
}

/**
 * The page with this number, counted from 1, was staged, and `position` is behind it; commits with it.
 * @returns false when the page before it is not there: a crash of PostgreSQL took it
 */
export async function recordPosition(
  client: pg.PoolClient,
  fence: RunFence,
  page: { number: number; position: ReadPosition },
): Promise<boolean> {
  const { number, position } = page;
  const recorded = await runOne(
    client,
    sql`
      update sync_run set
        read_position = read_position || ${JSON.stringify({ pages: number, position })}::jsonb
      where id = ${fence.runId} and (read_position ->> 'pages')::int = ${number - 1}
      returning id`,
  );
  return recorded !== undefined;
}

/** What a read found staged when it took it over. */
export interface CarriedRead {
  position: ReadPosition;
  pages: number;
  staged: number;
  rejected: number;
  /** Staged entries that differ from what is stored. */
  changed: number;
  /** The next free numbers. */
  next: { batch: number; group: number; membersBatch: number };
}

/**
 * Gives the tables of the run's unfinished read the names of this attempt's, so that an overtaken one that wakes up
 * writes into nothing, if they can be gone on with: the terms are the same, and they hold as many ids as the log says
 * (a crash of PostgreSQL empties them). Called inside the fence; null when the source is to be read from its beginning.
 */
export async function carryOver(
  client: pg.PoolClient,
  fence: RunFence,
  terms: ReadTerms,
  tables: StagingTables,
): Promise<CarriedRead | null> {
  const row = await runOne<{ unfinished: UnfinishedRead | null; staged: number; rejected: number }>(
    client,
    sql`
      select read_position as unfinished, staged_count::int as staged, rejected_count::int as rejected
      from sync_run where id = ${fence.runId}`,
  );
  if (!row?.unfinished?.position) return null;
  const { unfinished, staged, rejected } = row;
  const { position, pages } = unfinished;
  if (unfinished.adoptable !== terms.adoptable || basisChange(unfinished.basis, terms.basis) !== null)
    return null;
  const former = stagingTables(fence.runId, unfinished.epoch);
  if (!(await tableExists(client, former.seen))) return null;
  const found = await stagedSoFar(client, former);
  if (found.seen !== staged) return null;
  await rename(client, former, tables);
  await run(
    client,
    sql`
      update sync_run set read_position = read_position || ${JSON.stringify({ epoch: fence.epoch })}::jsonb
      where id = ${fence.runId}`,
  );
  const { changed, batch, group, membersBatch } = found;
  return {
    position: position as ReadPosition,
    pages,
    staged,
    rejected,
    changed,
    next: { batch, group, membersBatch },
  };
}

interface StagedSoFar {
  seen: number;
  changed: number;
  batch: number;
  group: number;
  membersBatch: number;
}

/** Reads the tables as a whole, once an attempt: they have no indexes yet. */
async function stagedSoFar(on: Queryable, { seen, entry, group }: StagingTables): Promise<StagedSoFar> {
  const row = await runOne<StagedSoFar>(
    on,
    sql`
      select (select count(*) from ${sql.raw(seen)})::int as seen, e.*, g.*
      from (select count(*)::int as changed, coalesce(max(batch) + 1, 0) as batch from ${sql.raw(entry)}) e,
           (select coalesce(max(number) + 1, 0) as "group", coalesce(max(batch) + 1, 0) as "membersBatch"
            from ${sql.raw(group)}) g`,
  );
  return row as StagedSoFar;
}

async function rename(client: pg.PoolClient, from: StagingTables, to: StagingTables): Promise<void> {
  const names = Object.keys(from) as (keyof StagingTables)[];
  await client.query(
    names.map((name) => `alter table ${from[name]} rename to ${bareName(to[name])}`).join('; '),
  );
}
