// Makes the staging of a connection's first read its partitions: rows are written once and indexed in bulk (ADR 22).
import type pg from 'pg';
import {
  attachPartition,
  createLike,
  indexStatements,
  type PartitionedTable,
  tableExists,
} from '../../partitions.ts';
import { type Queryable, type RawBuilder, run, runOne, sql } from '../../sql.ts';
import type { MergeScope } from './merge-objects.ts';
import { adjustObjectCounts, type CountChange, countedBy } from './object-counts.ts';
import { STAGING_COLUMNS, stagingTable } from './staging.ts';

/** The tables that become partitions: the staged entries, and those that are built beside them. */
export type AdoptedTables = Record<PartitionedTable, string>;

export function adoptedTables(scope: MergeScope, readEpoch: number): AdoptedTables {
  const name = (part: string) => stagingTable(part, scope.runId, readEpoch);
  return {
    directory_object: scope.tables.entry,
    object_scope: name('scope'),
    object_reference: name('reference'),
    membership: name('held'),
    object_change: name('change'),
  };
}

/** Fills one of the tables beside the entries, unless an earlier attempt did. One transaction: it is whole or missing. */
export async function buildTable(
  client: pg.PoolClient,
  scope: MergeScope,
  tables: AdoptedTables,
  parent: Exclude<PartitionedTable, 'directory_object'>,
): Promise<void> {
  const table = tables[parent];
  if (await tableExists(client, table)) return;
  // Whole tables are joined and sorted, once: more memory than a query of the API gets.
  await client.query(`set local work_mem = '64MB'`);
  await createLike(client, parent, table, scope.connectionId);
  const [columns, rows] = ROWS[parent](scope);
  await run(client, sql`insert into ${sql.raw(table)} (${sql.raw(columns)}) ${rows}`);
  for (const statement of await indexStatements(client, parent, table)) await client.query(statement);
}

/** The keys that objects answer to; two may answer to one for a moment: the first is taken. */
function answering(scope: MergeScope): RawBuilder<unknown> {
  const entry = sql.raw(scope.tables.entry);
  return sql`(
    select distinct on (key) key, id from (
      select reference_key as key, 0 as way, id from ${entry}
      union all select alternate_key, 1, id from ${entry} where alternate_key is not null) keys
    order by key, way, id)`;
}

/** All tables as a whole, so hash joins serve: no index would help. */
const ROWS: Record<
  Exclude<PartitionedTable, 'directory_object'>,
  (scope: MergeScope) => [string, RawBuilder<unknown>]
> = {
  object_scope: ({ tables, projectId }) => [
    'object_id, project_id',
    sql`select id, ${projectId}::uuid from ${sql.raw(tables.entry)}`,
  ],
  object_reference: (scope) => [
    'object_id, kind, key, target_id',
    sql`
      select wanted.id, wanted.kind, wanted.key, target.id
      from (
        select id, 'manager' as kind, manager_key as key from ${sql.raw(scope.tables.entry)}
        where manager_key is not null
        union all
        select id, 'owner', owner_key from ${sql.raw(scope.tables.entry)} where owner_key is not null) wanted
      left join ${answering(scope)} target on target.key = wanted.key`,
  ],
  membership: (scope) => [
    'group_id, member_key, member_id, reference, valid_from, opened_run_id',
    sql`
      with groups as materialized (
        select e.id, g.number from ${sql.raw(scope.tables.group)} g
        join ${sql.raw(scope.tables.entry)} e on e.source_id = g.source_id)
      select g.id, m.member_key, target.id, m.reference, ${scope.instant}::timestamptz, ${scope.runId}::uuid
      from ${sql.raw(scope.tables.member)} m
      join groups g on g.number = m.group_number
      left join ${answering(scope)} target on target.key = m.member_key`,
  ],
  object_change: ({ tables, runId, instant }) => [
    'run_id, object_id, at, kind',
    sql`select ${runId}::uuid, id, ${instant}::timestamptz, 'created' from ${sql.raw(tables.entry)}`,
  ],
};

/** Writes the number of its members into each group; before the indexes, so that they learn nothing of old rows. */
export async function countMembers(client: pg.PoolClient, scope: MergeScope): Promise<void> {
  await run(
    client,
    sql`
      update ${sql.raw(scope.tables.entry)} e set member_count = g.members
      from ${sql.raw(scope.tables.group)} g
      where e.source_id = g.source_id and e.member_count <> g.members`,
  );
}

/** The statements that index the entries as objects are; each may run by itself, and again. */
export function entryIndexes(on: Queryable, scope: MergeScope): Promise<string[]> {
  return indexStatements(on, 'directory_object', scope.tables.entry);
}

/** The totals that the objects bring. */
export function countClasses(on: Queryable, scope: MergeScope): Promise<CountChange[]> {
  return run<CountChange>(
    on,
    sql`
      select ${countedBy('e')}, count(*)::int as present, 0 as removed
      from ${sql.raw(scope.tables.entry)} e group by 1, 2, 3`,
  );
}

export interface AdoptionCounts {
  created: number;
  membershipsAdded: number;
}

/**
 * Puts the tables in their place; must run in the connection's turn, and while the connection has no partitions.
 * Little is read or written but the catalog.
 */
export async function adoptTables(
  client: pg.PoolClient,
  scope: MergeScope,
  tables: AdoptedTables,
  classes: CountChange[],
): Promise<AdoptionCounts> {
  const row = await runOne<{ added: number }>(
    client,
    sql`select coalesce(sum(members), 0)::int as added from ${sql.raw(scope.tables.group)}`,
  );
  const dropped = STAGING_COLUMNS.map((name) => `drop column ${name}`).join(', ');
  await client.query(`
    drop view ${scope.tables.seen};
    alter table ${tables.directory_object} ${dropped}, alter first_seen_at drop default,
      alter last_seen_at drop default, alter updated_at drop default`);
  for (const [parent, table] of Object.entries(tables) as [PartitionedTable, string][])
    await attachPartition(client, parent, table, scope.connectionId);
  await adjustObjectCounts(client, scope.connectionId, classes);
  return {
    created: classes.reduce((sum, { present }) => sum + present, 0),
    membershipsAdded: row?.added ?? 0,
  };
}
