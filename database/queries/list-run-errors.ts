// Reads what a run could not take, and what it would remove if it were allowed to.
import { type Queryable, sql } from '../sql.ts';
import { type ListRequest, type ListResult, listRows } from './list-rows.ts';

export interface RunErrorRow {
  id: string;
  at: string;
  step: string;
  distinguishedName: string | null;
  code: string;
  message: string;
}

/** Served by sync_run_error_run. */
export function listRunErrors(
  on: Queryable,
  runId: string,
  request: ListRequest,
): Promise<ListResult<RunErrorRow>> {
  return listRows<RunErrorRow>(on, {
    columns: sql`o.id, o.at, o.step, o.distinguished_name as "distinguishedName", o.code, o.message`,
    from: sql`sync_run_error o`,
    where: [sql`o.run_id = ${runId}::uuid`],
    sort: { expression: sql`o.at`, type: 'timestamptz' },
    id: sql`o.id`,
    request,
  });
}

export interface PendingRemovalRow {
  objectId: string;
  objectClass: string;
  name: string;
  distinguishedName: string | null;
  sourceId: string;
  approved: boolean;
}

/** Served by the primary keys of sync_pending_removal and directory_object. */
export function listPendingRemovals(
  on: Queryable,
  runId: string,
  request: ListRequest,
): Promise<ListResult<PendingRemovalRow>> {
  return listRows<PendingRemovalRow>(on, {
    columns: sql`o.id as "objectId", o.object_class as "objectClass", o.source_id as "sourceId", o.display_name as name,
      o.distinguished_name as "distinguishedName", o.approved`,
    from: sql`(
      select d.id, d.object_class, d.display_name, d.distinguished_name, d.source_id, p.approved
      from sync_pending_removal p
      join sync_run r on r.id = p.run_id
      join directory_object d on d.id = p.object_id and d.connection_id = r.connection_id
      where p.run_id = ${runId}::uuid) o`,
    where: [],
    sort: { expression: sql`lower(o.display_name)`, type: 'text' },
    id: sql`o.id`,
    request,
  });
}
