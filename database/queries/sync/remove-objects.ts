// Takes a project's claims off objects that have left the source, and removes those that nobody claims any more.
import type pg from 'pg';
import { run, runOne, sql } from '../../sql.ts';
import { adjustObjectCounts, countedBy } from './object-counts.ts';
import { type UnbindScope, unbindRemoved } from './unbind-references.ts';

export interface RemovalCounts {
  deactivated: number;
  membershipsRemoved: number;
}

/**
 * Releases the project's claims on `objectIds`; must run in the connection's turn. An object that another project
 * claims stays as it is; the rest get `removed_at`, a change of kind `removed`, and their memberships end.
 * @param unlisted those that groups list no longer, though the groups were not read again
 */
export async function removeObjects(
  client: pg.PoolClient,
  scope: UnbindScope & { projectId: string },
  objectIds: string[],
  unlisted: string[] = [],
): Promise<RemovalCounts> {
  if (objectIds.length === 0) return { deactivated: 0, membershipsRemoved: 0 };
  await run(
    client,
    sql`delete from object_scope 
        where connection_id = ${scope.connectionId} and project_id = ${scope.projectId}
          and object_id = any (${objectIds}::uuid[])`,
  );
  const rows = await markRemoved(client, scope, objectIds);
  const removed = rows.map((row) => row.id);
  const asGroups = await closeGroups(client, scope, removed);
  const asMembers = await unbindRemoved(client, scope, removed, unlisted);
  const changes = rows.map(({ id, ...counted }) => ({ ...counted, present: -1, removed: 1 }));
  await adjustObjectCounts(client, scope.connectionId, changes);
  return { deactivated: removed.length, membershipsRemoved: asGroups + asMembers };
}

interface RemovedRow {
  id: string;
  objectClass: string;
  status: string;
  department: string;
}

/** Served by directory_object's and object_scope's keys. */
async function markRemoved(
  client: pg.PoolClient,
  scope: UnbindScope,
  objectIds: string[],
): Promise<RemovedRow[]> {
  return run<RemovedRow>(
    client,
    sql`
      with removed as (
        update directory_object o
        set removed_at = ${scope.instant}, updated_at = ${scope.instant}, is_active = false,
            members_hash = null, member_count = 0
        where o.connection_id = ${scope.connectionId} and o.id = any (${objectIds}::uuid[]) and o.removed_at is null
          and not exists (select from object_scope c where c.connection_id = ${scope.connectionId} and c.object_id = o.id)
        returning o.id, o.object_class, o.status, o.department, o.display_name, o.distinguished_name, old.is_active
      ), changes as (
        insert into object_change (run_id, connection_id, object_id, at, kind,
          name_before, distinguished_name_before, active_before)
        select ${scope.runId}, ${scope.connectionId}, id, ${scope.instant}, 'removed',
               display_name, distinguished_name, is_active from removed
        -- Created by this run and gone when it was read again after a fault: the object came and went.
        on conflict (run_id, object_id, connection_id) do update set kind = 'removed'
      )
      select removed.id, ${countedBy('removed')} from removed`,
  );
}

/** A removed group grants nothing. Served by membership_open. */
async function closeGroups(client: pg.PoolClient, scope: UnbindScope, groupIds: string[]): Promise<number> {
  if (groupIds.length === 0) return 0;
  const row = await runOne<{ ended: number }>(
    client,
    sql`
      with never_was as (
        delete from membership
        where connection_id = ${scope.connectionId} and group_id = any (${groupIds}::uuid[]) and valid_to is null and valid_from >= ${scope.instant}
        returning 1
      ), closed as (
        update membership set valid_to = ${scope.instant}, closed_run_id = ${scope.runId}
        where connection_id = ${scope.connectionId} and group_id = any (${groupIds}::uuid[]) and valid_to is null and valid_from < ${scope.instant}
        returning 1
      )
      select ((select count(*) from never_was) + (select count(*) from closed))::int as ended`,
  );
  return row?.ended ?? 0;
}
