// The staging tables of one read: what was seen, what must be merged, and the members of groups that changed.
import type pg from 'pg';
import { type CopyValue, copyLine, copyRows } from '../../copy-rows.ts';
import { type Queryable, run, runOne, sql } from '../../sql.ts';

/** Table names of one read. A read has tables of its own, so that an overtaken attempt writes into nothing. */
export interface StagingTables {
  /** Every id that was read, changed or not. */
  seen: string;
  /** Entries that are new or differ from what is stored. */
  entry: string;
  /** Member references of groups whose members differ. */
  member: string;
}

/** The columns of `entry`, in the order that `stageEntries` expects its values. */
export const ENTRY_COLUMNS = [
  'batch',
  'members_batch',
  'source_id',
  'object_class',
  'distinguished_name',
  'reference_key',
  'alternate_key',
  'manager_key',
  'owner_key',
  'display_name',
  'account_name',
  'user_principal_name',
  'given_name',
  'surname',
  'email',
  'employee_id',
  'department',
  'title',
  'company',
  'phone',
  'description',
  'group_type',
  'status',
  'last_logon_at',
  'password_last_set_at',
  'account_expires_at',
  'source_created_at',
  'source_changed_at',
  'member_attribute',
  'attributes',
  'side_attributes',
  'content_hash',
  'side_hash',
  'members_hash',
] as const;

export type EntryColumn = (typeof ENTRY_COLUMNS)[number];

const TYPES: Partial<Record<EntryColumn, string>> = {
  batch: 'integer not null',
  members_batch: 'integer',
  reference_key: 'uuid not null',
  alternate_key: 'uuid',
  manager_key: 'uuid',
  owner_key: 'uuid',
  last_logon_at: 'timestamptz',
  password_last_set_at: 'timestamptz',
  account_expires_at: 'timestamptz',
  source_created_at: 'timestamptz',
  source_changed_at: 'timestamptz',
  attributes: 'jsonb not null',
  side_attributes: 'jsonb not null',
  content_hash: 'bytea not null',
  side_hash: 'bytea not null',
  members_hash: 'bytea',
};

export function stagingTables(runId: string, epoch: number): StagingTables {
  const suffix = `${runId.replaceAll('-', '')}_${epoch}`;
  return {
    seen: `staging.seen_${suffix}`,
    entry: `staging.entry_${suffix}`,
    member: `staging.member_${suffix}`,
  };
}

/**
 * Makes the tables of a read, inside the fence. Unlogged: a crash of PostgreSQL empties them, which `stagedCount`
 * tells.
 */
export async function createStaging(on: Queryable, tables: StagingTables): Promise<void> {
  const columns = ENTRY_COLUMNS.map((name) => `${name} ${TYPES[name] ?? 'text collate "C"'}`).join(', ');
  await on.query(`
    create unlogged table ${tables.seen} (source_id text collate "C" primary key);
    create unlogged table ${tables.entry} (${columns});
    create index on ${tables.entry} (batch);
    create index on ${tables.entry} (members_batch) where members_batch is not null;
    create unlogged table ${tables.member} (
      batch integer not null, group_source_id text collate "C" not null, member_key uuid not null, reference text not null);
    create index on ${tables.member} (batch);`);
}

/** Drops every staging table of a run. */
export async function dropStaging(on: Queryable, runId: string): Promise<void> {
  const found = await run<{ name: string }>(
    on,
    sql`
      select 'staging.' || c.relname as name
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = 'staging' and c.relkind = 'r' and c.relname like ${`%\\_${runId.replaceAll('-', '')}\\_%`}`,
  );
  const names = found.map((row) => row.name);
  if (names.length > 0) await on.query(`drop table if exists ${names.join(', ')}`);
}

export async function stageSeen(
  client: pg.PoolClient,
  tables: StagingTables,
  sourceIds: string[],
): Promise<void> {
  if (sourceIds.length === 0) return;
  await copyRows(
    client,
    tables.seen,
    ['source_id'],
    sourceIds.map((id) => copyLine([id])),
  );
}

export async function stageEntries(
  client: pg.PoolClient,
  tables: StagingTables,
  rows: readonly (readonly CopyValue[])[],
): Promise<void> {
  if (rows.length === 0) return;
  await copyRows(client, tables.entry, ENTRY_COLUMNS, encoded(rows));
}

export async function stageMembers(
  client: pg.PoolClient,
  tables: StagingTables,
  rows: Iterable<readonly CopyValue[]>,
): Promise<void> {
  await copyRows(
    client,
    tables.member,
    ['batch', 'group_source_id', 'member_key', 'reference'],
    encoded(rows),
  );
}

function* encoded(rows: Iterable<readonly CopyValue[]>): Iterable<string> {
  for (const row of rows) yield copyLine(row);
}

/** How many ids the staging of a read still holds; null when its tables are gone. */
export async function stagedCount(on: Queryable, tables: StagingTables): Promise<number | null> {
  const exists = await runOne<{ found: boolean }>(
    on,
    sql`select to_regclass(${tables.seen}) is not null as found`,
  );
  if (!exists?.found) return null;
  const row = await runOne<{ count: number }>(
    on,
    sql`select count(*)::int as count from ${sql.raw(tables.seen)}`,
  );
  return row?.count ?? 0;
}

/** Lets the planner know what was staged; these tables are too young for autovacuum. */
export async function analyzeStaging(on: Queryable, tables: StagingTables): Promise<void> {
  await on.query(
    `analyze ${tables.seen}; analyze ${tables.entry} (batch, members_batch); analyze ${tables.member} (batch)`,
  );
}

/** The highest batch numbers staged; null where nothing was. */
export async function stagedBatches(
  on: Queryable,
  tables: StagingTables,
): Promise<{ entries: number | null; members: number | null }> {
  const row = await runOne<{ entries: number | null; members: number | null }>(
    on,
    sql`
      select (select max(batch) from ${sql.raw(tables.entry)}) as entries,
             (select max(members_batch) from ${sql.raw(tables.entry)}) as members`,
  );
  return row ?? { entries: null, members: null };
}
