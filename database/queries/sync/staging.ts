// The staging tables of one read: what was seen, what must be merged, and the members of groups that changed.
import type pg from 'pg';
import { type CopyRows, type CopyValue, chunksOf, copyRows } from '../../copy-rows.ts';
import { bareName, createLike, tableExists } from '../../partitions.ts';
import { type Queryable, run, runOne, sql } from '../../sql.ts';

/** Table names of one read. A read has tables of its own, so that an overtaken attempt writes into nothing. */
export interface StagingTables {
  /** Every id that was read, changed or not; of an adoptable read a view of `entry`. */
  seen: string;
  /** Entries that are new or differ from what is stored: rows as directory_object has them, and STAGING_COLUMNS. */
  entry: string;
  /** Groups whose members differ. */
  group: string;
  /** Their member references. */
  member: string;
}

/** PostgreSQL's error code for a second row of the same key. */
const UNIQUE_VIOLATION = '23505';

/** What `entry` has beside the columns of directory_object. */
export const STAGING_COLUMNS = ['batch', 'manager_key', 'owner_key'] as const;

/** The columns of `entry`, in the order that `stagePage` expects the values of its rows. */
export const ENTRY_COLUMNS = [
  'batch',
  'manager_key',
  'owner_key',
  'source_id',
  'members_hash',
  'object_class',
  'distinguished_name',
  'reference_key',
  'alternate_key',
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
  'is_active',
  'last_logon_at',
  'password_last_set_at',
  'account_expires_at',
  'source_created_at',
  'source_changed_at',
  'member_attribute',
  'attributes',
  'side_attributes',
  'digest',
] as const;

export function stagingTables(runId: string, epoch: number): StagingTables {
  const name = (part: string) => stagingTable(part, runId, epoch);
  return { seen: name('seen'), entry: name('entry'), group: name('group'), member: name('member') };
}

/** The name of a table that belongs to one read. */
export function stagingTable(part: string, runId: string, epoch: number): string {
  return `staging.${part}_${runId.replaceAll('-', '')}_${epoch}`;
}

/** What the tables of a read are made for. */
export interface StagingUse {
  connectionId: string;
  /** The instant of the run: when its objects are first seen. */
  instant: Date;
  /** Nothing is stored of the connection, so that these tables may become its partitions (see adopt-read). */
  adoptable: boolean;
}

/**
 * Makes the tables of a read, inside the fence. Unlogged, unless they may be adopted: a crash of PostgreSQL empties
 * them, which `stagedCount` tells.
 */
export async function createStaging(on: Queryable, tables: StagingTables, use: StagingUse): Promise<void> {
  const { seen, entry, group, member } = tables;
  const unlogged = use.adoptable ? '' : 'unlogged';
  await createLike(on, 'directory_object', entry, use.connectionId);
  const instant = `default '${use.instant.toISOString()}'`;
  await on.query(`
    alter table ${entry} alter first_seen_at set ${instant}, alter last_seen_at set ${instant},
      alter updated_at set ${instant}, add batch integer not null, add manager_key uuid, add owner_key uuid;
    create ${unlogged} table ${group} (
      number integer not null, batch integer not null, page integer not null, source_id text collate "C" not null,
      members_hash bytea, members integer not null);
    create ${unlogged} table ${member} (
      group_number integer not null, member_key uuid not null, reference text not null)`);
  await on.query(
    use.adoptable
      ? `create view ${seen} as select source_id from ${entry}`
      : `alter table ${entry} set unlogged;
         create unlogged table ${seen} (source_id text collate "C" primary key)`,
  );
}

/** Drops every staging table of a run, and the views of them. */
export async function dropStaging(on: Queryable, runId: string): Promise<void> {
  const found = await run<{ name: string }>(
    on,
    sql`
      select 'staging.' || c.relname as name
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = 'staging' and c.relkind = 'r' and c.relname like ${`%\\_${runId.replaceAll('-', '')}\\_%`}`,
  );
  const names = found.map((row) => row.name);
  if (names.length > 0) await on.query(`drop table if exists ${names.join(', ')} cascade`);
}

/** Rows of one page, each table's in the order of its columns. */
export interface StagedRows {
  /** Source ids. */
  seen: CopyRows;
  /** In the order of ENTRY_COLUMNS. */
  entries: CopyRows;
  /** Number of the group, key and text of the reference; made as they are sent, since a group may have very many. */
  members(): Iterable<readonly CopyValue[]>;
  /** Number, batch, page, source id, digest of the members and how many there are; asked for when those were sent. */
  groups(): Iterable<readonly CopyValue[]>;
}

/** Copies one page; the ids seen of an adoptable read are those of its entries. */
export async function stagePage(
  client: pg.PoolClient,
  tables: StagingTables,
  rows: StagedRows,
  adoptable: boolean,
): Promise<void> {
  if (!adoptable) await copyRows(client, tables.seen, ['source_id'], rows.seen.take());
  await copyRows(client, tables.entry, ENTRY_COLUMNS, rows.entries.take());
  await copyRows(
    client,
    tables.member,
    ['group_number', 'member_key', 'reference'],
    chunksOf(rows.members()),
  );
  const columns = ['number', 'batch', 'page', 'source_id', 'members_hash', 'members'];
  await copyRows(client, tables.group, columns, chunksOf(rows.groups()));
}

/**
 * Indexes the ids of an adoptable read, after dropping what it brought again (by another scope or base: the first
 * one's class holds), and answers with how many those were. In bulk and at the end, since there are hardly ever any.
 */
export async function indexIds(client: pg.PoolClient, tables: StagingTables): Promise<number> {
  const { entry, group } = tables;
  const index = `create unique index ${bareName(entry)}_source on ${entry} (source_id, connection_id)`;
  await client.query('savepoint ids');
  try {
    await client.query(index);
    return 0;
  } catch (error) {
    if ((error as { code?: unknown }).code !== UNIQUE_VIOLATION) throw error;
  }
  await client.query('rollback to savepoint ids');
  const repeated = await client.query(`
    delete from ${entry} again using ${entry} first
    where again.source_id = first.source_id and again.batch > first.batch`);
  await client.query(`
    delete from ${group} g
    where not exists (select from ${entry} e where e.source_id = g.source_id and e.batch = g.page)`);
  await client.query(index);
  return repeated.rowCount ?? 0;
}

/** How many ids the staging of a read still holds; null when its tables are gone. */
export async function stagedCount(on: Queryable, tables: StagingTables): Promise<number | null> {
  if (!(await tableExists(on, tables.seen))) return null;
  const row = await runOne<{ count: number }>(
    on,
    sql`select count(*)::int as count from ${sql.raw(tables.seen)}`,
  );
  return row?.count ?? 0;
}

/** Indexes and statistics of a whole read, for a merge in batches; repeating it costs little. */
export async function indexStaging(on: Queryable, tables: StagingTables): Promise<void> {
  const { seen, entry, group, member } = tables;
  const index = (table: string, column: string) =>
    `create index if not exists ${bareName(table)}_${column} on ${table} (${column})`;
  await on.query([index(entry, 'batch'), index(group, 'batch'), index(member, 'group_number')].join('; '));
  const isTable = await runOne(on, sql`select from pg_class where oid = ${seen}::regclass and relkind = 'r'`);
  await on.query(
    `analyze ${entry} (batch); analyze ${group}; analyze ${member} (group_number) ${isTable ? `; analyze ${seen}` : ''}`,
  );
}

/** The highest batch numbers staged; null where nothing was. Served by the indexes of `indexStaging`. */
export async function stagedBatches(
  on: Queryable,
  tables: StagingTables,
): Promise<{ entries: number | null; members: number | null }> {
  const row = await runOne<{ entries: number | null; members: number | null }>(
    on,
    sql`
      select (select max(batch) from ${sql.raw(tables.entry)}) as entries,
             (select max(batch) from ${sql.raw(tables.group)}) as members`,
  );
  return row ?? { entries: null, members: null };
}
