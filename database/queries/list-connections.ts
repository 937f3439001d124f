// Reads connections as the API lists them, with the names of the secrets that are set and never their values.
import { type Queryable, sql } from '../sql.ts';
import { type ListRequest, type ListResult, listRows, type SortField } from './list-rows.ts';
import { escapeLike } from './object-search.ts';
import { readRow } from './read-rows.ts';
import { rowVersion } from './row-version.ts';

export interface ConnectionRow {
  id: string;
  name: string;
  type: string;
  config: Record<string, unknown>;
  /** Secret fields that are set. */
  secretsSet: string[];
  status: 'untested' | 'ok' | 'failed';
  lastTestedAt: string | null;
  lastTestMessage: string | null;
  objectCount: number;
  createdAt: string;
  updatedAt: string;
  /** Changes with every change of its settings, and every test. */
  version: string;
}

export interface ConnectionFilter {
  search?: string | undefined;
  type?: string | undefined;
  status?: string | undefined;
}

const columns = sql`o.id, o.name, o.type, o.config,
    array(select jsonb_object_keys(o.secrets)) as "secretsSet", o.status, o.last_tested_at as "lastTestedAt",
    o.last_test_message as "lastTestMessage",
    (select coalesce(sum(c.present), 0) from object_count c where c.connection_id = o.id) as "objectCount",
    o.created_at as "createdAt", o.updated_at as "updatedAt", ${rowVersion('o')} as version`;

const SORTS = {
  name: { expression: sql`lower(o.name collate pg_c_utf8)`, type: 'text' },
  type: { expression: sql`lower(o.type collate pg_c_utf8)`, type: 'text' },
  status: { expression: sql`lower(o.status collate pg_c_utf8)`, type: 'text' },
  createdAt: { expression: sql`o.created_at`, type: 'timestamptz' },
  updatedAt: { expression: sql`o.updated_at`, type: 'timestamptz' },
} as const satisfies Record<string, SortField>;

export type ConnectionSort = keyof typeof SORTS;

/** A page of connections. There are tens of them: the table is read as a whole. */
export function listConnections(
  on: Queryable,
  filter: ConnectionFilter,
  request: ListRequest<ConnectionSort>,
): Promise<ListResult<ConnectionRow>> {
  const where = [];
  if (filter.search)
    where.push(
      sql`lower(o.name collate pg_c_utf8) like lower(${`%${escapeLike(filter.search)}%`}::text collate pg_c_utf8)`,
    );
  if (filter.type) where.push(sql`o.type = ${filter.type}`);
  if (filter.status) where.push(sql`o.status = ${filter.status}`);
  return listRows<ConnectionRow>(on, {
    columns,
    from: sql`connection o`,
    where,
    sort: SORTS[request.sort],
    id: sql`o.id`,
    request,
  });
}

/** Served by the primary key. */
export function getConnection(on: Queryable, id: string): Promise<ConnectionRow | undefined> {
  return readRow<ConnectionRow>(on, sql`select ${columns} from connection o where o.id = ${id}::uuid`);
}
