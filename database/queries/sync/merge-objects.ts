// Merges one range of staged batches into the objects: new ones, changed ones, returned ones, and their history.
import type pg from 'pg';
import { type RawBuilder, run, runOne, sql } from '../../sql.ts';
import { mergeReferences } from './merge-references.ts';
import { adjustObjectCounts, type CountChange, countedBy } from './object-counts.ts';
import { ENTRY_COLUMNS, STAGING_COLUMNS, type StagingTables } from './staging.ts';
import { unbindMoved } from './unbind-references.ts';

export interface MergeScope {
  runId: string;
  projectId: string;
  connectionId: string;
  /** The one instant that everything of this run is dated with. */
  instant: Date;
  tables: StagingTables;
  /** See ConnectorDefinition. */
  linksFollow: boolean;
}

export interface BatchRange {
  first: number;
  last: number;
}

export interface MergeCounts {
  created: number;
  updated: number;
  reactivated: number;
  membershipsRemoved: number;
}

/** Columns that an entry hands to its object as they are; members have a step of their own. */
const COPIED = ENTRY_COLUMNS.filter(
  (name) => ![...STAGING_COLUMNS, 'source_id', 'members_hash'].includes(name),
);
/**
 * The digest that an object is stored with. An object whose members differ gets none before they are merged (see
 * settleDigests): a run that ends in between must not leave a group that counts as known.
 */
const copiedFrom = (name: string, members: string) =>
  name === 'digest'
    ? `case when e.members_hash is distinct from ${members} then '' else e.digest end`
    : `e.${name}`;
/** The mapped fields, for the history of a change that lies in the mapping alone; side fields have none. */
const MAPPED = [
  'object_class',
  ...COPIED.slice(COPIED.indexOf('display_name'), COPIED.indexOf('member_attribute')),
].filter((name) => name !== 'is_active' && name !== 'last_logon_at' && name !== 'source_changed_at');

/** What a change keeps of the version it found, for questions about the time before it (see moment.ts). */
const FOUND = [
  ['display_name', 'name_before'],
  ['distinguished_name', 'distinguished_name_before'],
  ['is_active', 'active_before'],
];

/**
 * Applies the batches `range.first`–`range.last`; must run in the connection's turn. Applying them twice changes
 * nothing more: what equals the stored version is left alone.
 */
export async function mergeObjects(
  client: pg.PoolClient,
  scope: MergeScope,
  range: BatchRange,
): Promise<MergeCounts> {
  const { connectionId } = scope;
  const created = await createObjects(client, scope, range);
  const counts: MergeCounts = { created: 0, updated: 0, reactivated: 0, membershipsRemoved: 0 };
  for (const { present } of created) counts.created += present;
  const changes = [...created];
  if (counts.created < (await stagedEntries(client, scope, range))) {
    const changed = await updateObjects(client, scope, range);
    await claimObjects(client, scope, range);
    counts.updated = changed.filter((row) => row.kind === 'updated').length;
    counts.reactivated = changed.filter((row) => row.kind === 'reactivated').length;
    const moved = changed.filter((row) => row.moved).map((row) => row.id);
    counts.membershipsRemoved = await unbindMoved(client, scope, moved);
    changes.push(...changed.flatMap(countChanges));
  }
  // In the same transaction: once its object is stored, an entry counts as unchanged and is not staged again.
  await mergeReferences(client, scope, range);
  await adjustObjectCounts(client, connectionId, changes);
  return counts;
}

async function stagedEntries(client: pg.PoolClient, scope: MergeScope, range: BatchRange): Promise<number> {
  const row = await runOne<{ staged: number }>(
    client,
    sql`select count(*)::int as staged from ${sql.raw(scope.tables.entry)} where batch between ${range.first} and ${range.last}`,
  );
  return row?.staged ?? 0;
}

/** Served by the entry table's batch index and directory_object_source. */
async function createObjects(
  client: pg.PoolClient,
  scope: MergeScope,
  range: BatchRange,
): Promise<CountChange[]> {
  const { tables, connectionId, projectId, runId, instant } = scope;
  const columns = sql.raw(COPIED.join(', '));
  return run<CountChange>(
    client,
    sql`
      with created as (
        insert into directory_object (connection_id, source_id, ${columns}, first_seen_at, last_seen_at, updated_at)
        select ${connectionId}, e.source_id, ${sql.raw(COPIED.map((name) => copiedFrom(name, 'null')).join(', '))}, ${instant}, ${instant}, ${instant}
        from ${sql.raw(tables.entry)} e
        where e.batch between ${range.first} and ${range.last}
          -- "offset 0" keeps this a look-up a row; as a join it would read all objects once a batch.
          and not exists (select from directory_object o
                          where o.connection_id = ${connectionId} and o.source_id = e.source_id offset 0)
        returning id, object_class, status, department
      ), changes as (
        insert into object_change (run_id, connection_id, object_id, at, kind)
        select ${runId}, ${connectionId}, id, ${instant}, 'created' from created
      ), claims as (
        insert into object_scope (object_id, project_id, connection_id)
        select id, ${projectId}, ${connectionId} from created
      )
      select ${countedBy('created')}, count(*)::int as present, 0 as removed from created group by 1, 2, 3`,
  );
}

interface ChangedRow {
  id: string;
  kind: 'updated' | 'reactivated' | null;
  moved: boolean;
  objectClass: string;
  status: string;
  department: string;
  oldClass: string;
  oldStatus: string;
  oldDepartment: string;
  wasRemoved: boolean;
}

/** What a change means for the totals: nothing, unless the object came back or counts elsewhere now. */
function countChanges(row: ChangedRow): CountChange[] {
  const { wasRemoved, objectClass, status, department } = row;
  const now = { objectClass, status, department };
  const before = { objectClass: row.oldClass, status: row.oldStatus, department: row.oldDepartment };
  const same = (Object.keys(now) as (keyof typeof now)[]).every((key) => now[key] === before[key]);
  if (!wasRemoved && same) return [];
  return [
    { ...before, present: wasRemoved ? 0 : -1, removed: wasRemoved ? -1 : 0 },
    { ...now, present: 1, removed: 0 },
  ];
}

/**
 * Rewrites what differs: by content (`updated`), because it had been removed (`reactivated`), or in side
 * attributes or the order of values alone, which is no change that anybody counts unless a field shows it. Served as `createObjects`.
 */
async function updateObjects(
  client: pg.PoolClient,
  scope: MergeScope,
  range: BatchRange,
): Promise<ChangedRow[]> {
  const { tables, connectionId, runId, instant } = scope;
  const found = sql.raw(FOUND.map(([, name]) => name).join(', '));
  return run<ChangedRow>(
    client,
    sql`
      with compared as materialized (
        select o.id, o.object_class as old_class, o.status as old_status, o.department as old_department,
               o.removed_at as old_removed_at, e.ctid as entry,
               ${sql.raw(FOUND.map(([column, name]) => `o.${column} as ${name}`).join(', '))},
               e.reference_key <> o.reference_key or e.alternate_key is distinct from o.alternate_key as moved,
               ${versionOf('o', 'e')} as before, ${versionOf('e', 'o')} as after
        from ${sql.raw(tables.entry)} e
        cross join lateral (select * from directory_object o
                            where o.connection_id = ${connectionId} and o.source_id = e.source_id limit 1) o
        where e.batch between ${range.first} and ${range.last}
          and (o.removed_at is not null or o.digest <> e.digest)
      ), judged as materialized (
        select *, case when old_removed_at is not null then 'reactivated'
                       when before is not null or after is not null then 'updated' end as kind
        from compared
      ), changed as (
        update directory_object o
        set (${sql.raw(COPIED.join(', '))}) = row (${sql.raw(COPIED.map((name) => copiedFrom(name, 'o.members_hash')).join(', '))}),
            removed_at = null, last_seen_at = ${instant},
            updated_at = case when judged.kind is null then o.updated_at else ${instant} end
        from judged join ${sql.raw(tables.entry)} e
          on e.ctid = judged.entry and e.batch between ${range.first} and ${range.last}
        where o.connection_id = ${connectionId} and o.id = judged.id
        returning o.id, o.object_class, o.status, o.department
      ), changes as (
        insert into object_change (run_id, connection_id, object_id, at, kind, before, after, ${found})
        select ${runId}, ${connectionId}, id, ${instant}, kind, before, after, ${found} from judged where kind is not null
        -- Read again after a fault, and changed at the source meanwhile: still one change of this run.
        on conflict (run_id, object_id, connection_id) do update
          set kind = case object_change.kind when 'removed' then 'updated' else object_change.kind end,
              (before, after) = (
                select combined.before, combined.after
                from combined_change(object_change.before, object_change.after, excluded.before, excluded.after) combined
                where object_change.kind <> 'created')
      )
      select id, kind, moved, ${countedBy('changed')}, old_class as "oldClass", old_status as "oldStatus",
             coalesce(lower(old_department), '') as "oldDepartment", old_removed_at is not null as "wasRemoved"
      from judged join changed using (id)`,
  );
}

/**
 * What `one` holds and `other` does not: attributes and the DN. Where those hold the same, fields may differ all the
 * same (by the mapping, the class, or which of several values came first): these are shown as `mapped.<column>`.
 * Null where nothing differs.
 */
export function versionOf(one: string, other: string): RawBuilder<unknown> {
  const dn = (row: string) =>
    `jsonb_build_object('distinguishedName', jsonb_build_array(${row}.distinguished_name))`;
  const mapped = (row: string) =>
    `jsonb_build_object(${MAPPED.map((name) => `'mapped.${name}', jsonb_build_array(${row}.${name})`).join(', ')})`;
  const differing = (a: string, b: string) =>
    `attributes_differing(${a}.attributes || ${dn(a)}, ${b}.attributes || ${dn(b)})`;
  return sql.raw(`coalesce(${differing(one, other)},
    case when ${differing(other, one)} is null then attributes_differing(${mapped(one)}, ${mapped(other)}) end)`);
}

/** Notes that this project has seen what it staged; most often these rows are there. */
async function claimObjects(client: pg.PoolClient, scope: MergeScope, range: BatchRange): Promise<void> {
  await run(
    client,
    sql`
      insert into object_scope (object_id, project_id, connection_id)
      select o.id, ${scope.projectId}, ${scope.connectionId}
      from ${sql.raw(scope.tables.entry)} e
      cross join lateral (select id from directory_object o
                          where o.connection_id = ${scope.connectionId} and o.source_id = e.source_id limit 1) o
      where e.batch between ${range.first} and ${range.last}
      on conflict do nothing`,
  );
}
