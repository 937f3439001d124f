// What a dry run would do to objects and memberships: compared as the merge compares, and written nowhere but here.
import type pg from 'pg';
import { type Queryable, type RawBuilder, run, runOne, sql } from '../../sql.ts';
import { type BatchRange, type MergeScope, versionOf } from './merge-objects.ts';

export interface PreviewCounts {
  created: number;
  updated: number;
  reactivated: number;
  deactivated: number;
  /** Changes that the list holds. */
  kept: number;
}

/**
 * Begins a comparison (again): what an earlier attempt kept goes, and with it what earlier dry runs of the project
 * left. Served by sync_run_project and the keys of the lists.
 */
export async function beginPreview(client: pg.PoolClient, scope: MergeScope): Promise<void> {
  const runs = sql`(select id from sync_run where project_id = ${scope.projectId} and dry_run)`;
  await run(client, sql`delete from sync_run_preview where run_id in ${runs}`);
  await run(client, sql`delete from sync_pending_removal where run_id in ${runs}`);
  await run(client, sql`delete from sync_run_batch where run_id = ${scope.runId}`);
  await run(
    client,
    sql`update sync_run set notice = null, counts = jsonb_build_object(
          'read', coalesce(counts -> 'read', '0'), 'errors', coalesce(counts -> 'errors', '0'))
        where id = ${scope.runId}`,
  );
}

/** Compares staged batches as mergeObjects does, with the same indexes, and keeps at most `room` of the changes. */
export async function previewObjects(
  client: pg.PoolClient,
  scope: MergeScope,
  range: BatchRange,
  room: number,
): Promise<PreviewCounts> {
  const { tables, connectionId, runId } = scope;
  const row = await runOne<PreviewCounts>(
    client,
    sql`
      with compared as materialized (
        select o.id, e.object_class, e.display_name, o.removed_at is not null as was_removed,
               case when o.id is not null then ${versionOf('o', 'e')} end as before,
               case when o.id is not null then ${versionOf('e', 'o')}
                    else e.attributes || case when e.distinguished_name is null then '{}'
                      else jsonb_build_object('distinguishedName', jsonb_build_array(e.distinguished_name)) end
               end as after
        from ${sql.raw(tables.entry)} e
        left join lateral (select * from directory_object o
                           where o.connection_id = ${connectionId} and o.source_id = e.source_id limit 1) o on true
        where e.batch between ${range.first} and ${range.last}
          and (o.id is null or o.removed_at is not null or o.digest <> e.digest)
      ), judged as materialized (
        select *, case when id is null then 'created' when was_removed then 'reactivated'
                       when before is not null or after is not null then 'updated' end as kind
        from compared
      ), kept as (
        insert into sync_run_preview (run_id, object_id, object_class, name, kind, before, after)
        select ${runId}, id, object_class, display_name, kind, before, after
        from judged where kind is not null limit ${room}
        returning 1
      )
      select count(*) filter (where kind = 'created')::int as created,
             count(*) filter (where kind = 'updated')::int as updated,
             count(*) filter (where kind = 'reactivated')::int as reactivated,
             0 as deactivated, (select count(*) from kept)::int as kept
      from judged`,
  );
  return row ?? { created: 0, updated: 0, reactivated: 0, deactivated: 0, kept: 0 };
}

/** Objects that are listed for removal and that nobody else claims. */
function leaving({ runId, projectId, connectionId }: MergeScope): RawBuilder<unknown> {
  return sql`
    select o.id, o.object_class, o.display_name
    from sync_pending_removal p
    join directory_object o on o.id = p.object_id and o.connection_id = ${connectionId}
    where p.run_id = ${runId} and o.removed_at is null
      and not exists (select from object_scope c where c.connection_id = ${connectionId} and c.object_id = o.id
                        and c.project_id <> ${projectId})`;
}

/** What removeObjects would remove. Served by the keys of the pending removals and of directory_object. */
export async function previewRemovals(
  client: pg.PoolClient,
  scope: MergeScope,
  room: number,
): Promise<PreviewCounts> {
  const row = await runOne<{ deactivated: number; kept: number }>(
    client,
    sql`
      with leaving as materialized (${leaving(scope)}), kept as (
        insert into sync_run_preview (run_id, object_id, object_class, name, kind)
        select ${scope.runId}, id, object_class, display_name, 'removed' from leaving limit ${room}
        returning 1
      )
      select (select count(*) from leaving)::int as deactivated, (select count(*) from kept)::int as kept`,
  );
  return { created: 0, updated: 0, reactivated: 0, deactivated: 0, kept: 0, ...row };
}

/**
 * How many memberships of the staged groups would begin and end, and how many would end because their group or
 * member leaves, or moves away from a name that its groups still list. Whole tables, so hash joins serve.
 */
export async function previewMemberships(
  on: Queryable,
  scope: MergeScope,
): Promise<{ membershipsAdded: number; membershipsRemoved: number }> {
  const { tables, connectionId, linksFollow } = scope;
  // Where links follow, who moved is a member by the new name (see unbind-references).
  const memberKey = linksFollow
    ? sql`case when m.member_key <> moved.reference_key and m.member_key is distinct from moved.alternate_key
               then moved.reference_key else m.member_key end`
    : sql`m.member_key`;
  const row = await runOne<{ membershipsAdded: number; membershipsRemoved: number }>(
    on,
    sql`
      with staged as materialized (
        select g.number, o.id as group_id
        from ${sql.raw(tables.group)} g
        left join lateral (select id from directory_object o
                           where o.connection_id = ${connectionId} and o.source_id = g.source_id limit 1) o on true
      ), listed as materialized (
        select distinct staged.group_id, staged.number, m.member_key
        from staged join ${sql.raw(tables.member)} m on m.group_number = staged.number
      ), leaving as materialized (${leaving(scope)}),
      moved as materialized (
        select o.id, e.reference_key, e.alternate_key
        from ${sql.raw(tables.entry)} e
        cross join lateral (select id, reference_key, alternate_key from directory_object o
                            where o.connection_id = ${connectionId} and o.source_id = e.source_id
                              and o.removed_at is null limit 1) o
        where e.reference_key <> o.reference_key or e.alternate_key is distinct from o.alternate_key
      ), held as materialized (
        select m.group_id, ${memberKey} as member_key, m.member_id from membership m
        left join moved on moved.id = m.member_id
        where m.connection_id = ${connectionId} and m.valid_to is null
      ), ended as (
        select h.group_id, h.member_key from held h join staged using (group_id)
        where not exists (select from listed l where l.group_id = h.group_id and l.member_key = h.member_key)
        union
        select group_id, member_key from held
        where group_id in (select id from leaving) or member_id in (select id from leaving)
        union
        select h.group_id, h.member_key from held h join moved on moved.id = h.member_id
        where h.member_key <> moved.reference_key and h.member_key is distinct from moved.alternate_key
      )
      select (select count(*) from listed l
              where not exists (select from held h where h.group_id = l.group_id and h.member_key = l.member_key)
             )::int as "membershipsAdded",
             (select count(*) from ended)::int as "membershipsRemoved"`,
  );
  return row ?? { membershipsAdded: 0, membershipsRemoved: 0 };
}

/** What there is to know of the run beside its counts. */
export async function noteOfRun(on: Queryable, runId: string, notice: string | null): Promise<void> {
  await run(on, sql`update sync_run set notice = ${notice} where id = ${runId}`);
}
