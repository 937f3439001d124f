// Reads the change list of one object or of one run.
import type { Attributes, AttributeValues } from '../../domain/source-entry.ts';
import { type Queryable, type RawBuilder, sql } from '../sql.ts';
import { type ListRequest, type ListResult, listRows } from './list-rows.ts';

export interface AttributeChange {
  name: string;
  before: string[] | null;
  after: string[] | null;
}

export type ChangeKind = 'created' | 'updated' | 'removed' | 'reactivated';

export interface ChangeRow {
  id: string;
  runId: string | null;
  at: string;
  kind: ChangeKind;
  attributes: AttributeChange[];
}

export interface RunChangeRow extends ChangeRow {
  /** Null for what a dry run would create. */
  objectId: string | null;
  objectClass: string | null;
  name: string | null;
}

type Stored<Row> = Omit<Row, 'attributes'> & { before: Attributes | null; after: Attributes | null };

// Ids are UUIDs of version 7: their order is the order in which the changes were written.
// What an object was created with follows from what it is and what changed since.
const columns = sql`o.id, o.run_id as "runId", o.at, o.kind, o.before,
  case when o.kind = 'created' and o.after is null then first_version(o.connection_id, o.object_id)
       else o.after end as after`;
const sort = { expression: sql`o.at`, type: 'timestamptz' } as const;

async function changes<Row>(
  on: Queryable,
  statement: Parameters<typeof listRows>[1],
): Promise<ListResult<Row>> {
  const result = await listRows<Stored<ChangeRow>>(on, statement);
  return { ...result, rows: result.rows.map((row) => shown(row) as unknown as Row) };
}

/** Which changes of an object are wanted. */
export interface ChangeFilter {
  kind?: ChangeKind | undefined;
  since?: Date | undefined;
  until?: Date | undefined;
}

/** Changes of one object of a connection. Served by object_change_object, which first_version uses too. */
export function listObjectChanges(
  on: Queryable,
  object: { id: string; connectionId: string },
  filter: ChangeFilter,
  request: ListRequest,
): Promise<ListResult<ChangeRow>> {
  const where: RawBuilder<unknown>[] = [
    sql`o.connection_id = ${object.connectionId}::uuid`,
    sql`o.object_id = ${object.id}::uuid`,
  ];
  if (filter.kind) where.push(sql`o.kind = ${filter.kind}`);
  if (filter.since) where.push(sql`o.at >= ${filter.since}::timestamptz`);
  if (filter.until) where.push(sql`o.at < ${filter.until}::timestamptz`);
  return changes(on, { columns, from: sql`object_change o`, where, sort, id: sql`o.id`, request });
}

/** Changes that one run made. Served by object_change_run. */
export function listRunChanges(
  on: Queryable,
  runId: string,
  kind: ChangeKind | undefined,
  request: ListRequest,
): Promise<ListResult<RunChangeRow>> {
  const where: RawBuilder<unknown>[] = [sql`o.run_id = ${runId}::uuid`];
  if (kind) where.push(sql`o.kind = ${kind}`);
  return changes(on, {
    columns: sql`${columns}, o.object_id as "objectId",
      (select d.object_class from directory_object d where d.id = o.object_id and d.connection_id = o.connection_id) as "objectClass",
      (select d.display_name from directory_object d where d.id = o.object_id and d.connection_id = o.connection_id) as name`,
    from: sql`object_change o`,
    where,
    sort,
    id: sql`o.id`,
    request,
  });
}

/** What a dry run would change. Served by sync_run_preview_run. */
export function listPreviewedChanges(
  on: Queryable,
  runId: string,
  kind: ChangeKind | undefined,
  request: ListRequest,
): Promise<ListResult<RunChangeRow>> {
  return changes(on, {
    columns: sql`o.id, o.run_id as "runId", o.at, o.kind, o.before, o.after, o.object_id as "objectId",
      o.object_class as "objectClass", o.name`,
    from: sql`(
      select p.*, coalesce(r.started_at, r.queued_at) as at
      from sync_run_preview p join sync_run r on r.id = p.run_id
      where p.run_id = ${runId}::uuid) o`,
    where: kind ? [sql`o.kind = ${kind}`] : [],
    sort,
    id: sql`o.id`,
    request,
  });
}

function shown(row: Stored<ChangeRow>): ChangeRow {
  const { before, after, ...rest } = row;
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])].sort();
  return {
    ...rest,
    attributes: names.map((name) => ({
      name,
      before: plain(before?.[name]),
      after: plain(after?.[name]),
    })),
  };
}

function plain(values: AttributeValues | null | undefined): string[] | null {
  if (!values) return null;
  return Array.isArray(values) ? values : values.binary;
}
