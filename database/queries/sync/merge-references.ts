// Keeps who manages whom and who owns what, as narrow rows that are resolved to ids.
import type pg from 'pg';
import { run, sql } from '../../sql.ts';
import type { BatchRange, MergeScope } from './merge-objects.ts';

/**
 * Applies managers and owners of the staged batches; must run in the connection's turn, after their objects. Those
 * that nobody answers to yet, bind-references resolves when all objects are there. Served by the entry table's batch index, directory_object_source and
 * directory_object_reference.
 */
export async function mergeReferences(
  client: pg.PoolClient,
  scope: MergeScope,
  range: BatchRange,
): Promise<void> {
  await run(
    client,
    sql`
      with staged as materialized (
        select o.id as object_id, wanted.kind, wanted.key
        from ${sql.raw(scope.tables.entry)} e
        cross join lateral (select id from directory_object o
                            where o.connection_id = ${scope.connectionId} and o.source_id = e.source_id limit 1) o
        cross join lateral (values ('manager', e.manager_key), ('owner', e.owner_key)) as wanted (kind, key)
        where e.batch between ${range.first} and ${range.last}
      ), gone as (
        delete from object_reference r using staged
        where r.connection_id = ${scope.connectionId} and r.object_id = staged.object_id and r.kind = staged.kind and staged.key is null
      )
      insert into object_reference (object_id, kind, connection_id, key, target_id)
      select staged.object_id, staged.kind, ${scope.connectionId}, staged.key, coalesce(direct.id, other.id)
      from staged
      left join lateral (select id from directory_object
                         where connection_id = ${scope.connectionId} and reference_key = staged.key and removed_at is null limit 1) direct on true
      left join lateral (select id from directory_object
                         where connection_id = ${scope.connectionId} and alternate_key = staged.key and removed_at is null limit 1) other on direct.id is null
      where staged.key is not null
      on conflict (object_id, kind, connection_id) do update set key = excluded.key, target_id = excluded.target_id
        where object_reference.key <> excluded.key or object_reference.target_id is distinct from excluded.target_id`,
  );
}
