// Which objects of a project a complete read did not bring: the candidates for removal.
import { type Queryable, run, runOne, sql } from '../../sql.ts';
import type { MergeScope } from './merge-objects.ts';

/** Lists the candidates anew, approved ones of an earlier attempt too; answers with their number and the number of objects the project claims. */
export async function listVanished(
  on: Queryable,
  scope: MergeScope,
): Promise<{ vanished: number; claimed: number }> {
  await run(on, sql`delete from sync_pending_removal where run_id = ${scope.runId}`);
  const row = await runOne<{ vanished: number; claimed: number }>(
    on,
    // A hash anti-join over the project's claims: the whole project is compared, so no index would help.
    sql`
      with vanished as (
        insert into sync_pending_removal (run_id, object_id)
        select ${scope.runId}, o.id
        from object_scope c
        join directory_object o on o.id = c.object_id and o.connection_id = ${scope.connectionId}
        where c.connection_id = ${scope.connectionId} and c.project_id = ${scope.projectId}
          and not exists (select from ${sql.raw(scope.tables.seen)} s where s.source_id = o.source_id)
        on conflict do nothing
        returning 1
      )
      select (select count(*) from vanished)::int as vanished,
             (select count(*) from object_scope
              where connection_id = ${scope.connectionId} and project_id = ${scope.projectId})::int as claimed`,
  );
  return row ?? { vanished: 0, claimed: 0 };
}

/**
 * Lists those of the ids as candidates that the project claims and this read has not brought; must run inside the
 * fence. Served by the partition's unique index on source_id and the claims' key.
 */
export async function listDeleted(on: Queryable, scope: MergeScope, sourceIds: string[]): Promise<void> {
  await run(
    on,
    sql`
      insert into sync_pending_removal (run_id, object_id)
      select ${scope.runId}, o.id
      from directory_object o
      join object_scope c on c.connection_id = ${scope.connectionId} and c.project_id = ${scope.projectId} and c.object_id = o.id
      where o.connection_id = ${scope.connectionId} and o.source_id = any (${sourceIds}::text[])
        and not exists (select from ${sql.raw(scope.tables.seen)} s where s.source_id = o.source_id)
      on conflict do nothing`,
  );
}

/** One page of the candidates, after `after`, in the order of their ids. */
export async function pendingRemovals(
  on: Queryable,
  query: { runId: string; after: string | null; limit: number },
): Promise<{ id: string; sourceId: string }[]> {
  return run(
    on,
    sql`
      select o.id, o.source_id as "sourceId"
      from sync_pending_removal p
      join sync_run r on r.id = p.run_id
      join directory_object o on o.id = p.object_id and o.connection_id = r.connection_id
      where p.run_id = ${query.runId} and (${query.after}::uuid is null or p.object_id > ${query.after}::uuid)
      order by p.object_id limit ${query.limit}`,
  );
}

/** Takes candidates off the list: the source still has them. */
export async function keepObjects(on: Queryable, runId: string, objectIds: string[]): Promise<void> {
  if (objectIds.length === 0) return;
  await run(
    on,
    sql`delete from sync_pending_removal where run_id = ${runId} and object_id = any (${objectIds}::uuid[])`,
  );
}

/** Takes candidates off the list that answer to one of these reference keys. */
export async function keepObjectsNamed(on: Queryable, runId: string, referenceKeys: string[]): Promise<void> {
  await run(
    on,
    sql`
      delete from sync_pending_removal p using directory_object o, sync_run r
      where p.run_id = ${runId} and r.id = p.run_id and o.id = p.object_id and o.connection_id = r.connection_id and o.reference_key = any (${referenceKeys}::uuid[])`,
  );
}

/** The names of the entries that a run's read could not take. */
export async function rejectedNames(on: Queryable, runId: string): Promise<string[]> {
  const rows = await run<{ name: string }>(
    on,
    sql`
      select distinct distinguished_name as name from sync_run_error
      where run_id = ${runId} and step = 'read' and distinguished_name is not null`,
  );
  return rows.map((row) => row.name);
}

export async function countPendingRemovals(on: Queryable, runId: string): Promise<number> {
  const row = await runOne<{ count: number }>(
    on,
    sql`select count(*)::int as count from sync_pending_removal where run_id = ${runId}`,
  );
  return row?.count ?? 0;
}
