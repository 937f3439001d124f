// Brings the open memberships of groups whose members changed into line with what was staged.
import type pg from 'pg';
import { run, runOne, sql } from '../../sql.ts';
import type { MergeScope } from './merge-objects.ts';

export interface MembershipCounts {
  membershipsAdded: number;
  membershipsRemoved: number;
}

/**
 * Applies one batch of staged members; must run in the connection's turn. Members that nobody answers to are kept
 * by their reference alone. Applying it twice changes nothing more.
 */
export async function mergeMemberships(
  client: pg.PoolClient,
  scope: MergeScope,
  batch: number,
): Promise<MembershipCounts> {
  const membershipsRemoved = await closeMemberships(client, scope, batch);
  const membershipsAdded = await openMemberships(client, scope, batch);
  return { membershipsAdded, membershipsRemoved };
}

/**
 * Gives the groups whose members were merged the digests of their entries: from now on they count as known. A hash
 * join of two staging tables, then a look-up a group by directory_object_source.
 */
export async function settleDigests(client: pg.PoolClient, scope: MergeScope): Promise<void> {
  await run(
    client,
    sql`
      with merged as materialized (
        select e.source_id, e.digest, e.members_hash from ${sql.raw(scope.tables.group)} g
        join ${sql.raw(scope.tables.entry)} e on e.source_id = g.source_id)
      update directory_object o set digest = merged.digest
      from merged
      where o.connection_id = ${scope.connectionId} and o.source_id = merged.source_id and o.digest = ''
        and o.members_hash is not distinct from merged.members_hash`,
  );
}

/** The groups of a batch, by the group table's batch index and directory_object_source. */
function groupsOf(scope: MergeScope, batch: number) {
  return sql`
    select o.id as group_id, staged.number, staged.members_hash, staged.members
    from ${sql.raw(scope.tables.group)} staged
    cross join lateral (select id from directory_object o
                        where o.connection_id = ${scope.connectionId} and o.source_id = staged.source_id limit 1) o
    where staged.batch = ${batch}`;
}

/** Served by membership_open; the staged members by the index on their group. */
async function closeMemberships(client: pg.PoolClient, scope: MergeScope, batch: number): Promise<number> {
  const row = await runOne<{ removed: number }>(
    client,
    sql`
      with groups as materialized (${groupsOf(scope, batch)}),
      ended as materialized (
        select m.ctid as row, m.opened_run_id, m.valid_from >= ${scope.instant} as never_was
        from groups g
        join membership m on m.connection_id = ${scope.connectionId} and m.group_id = g.group_id and m.valid_to is null
        where not exists (select from ${sql.raw(scope.tables.member)} s
                          where s.group_number = g.number and s.member_key = m.member_key)
      ), deleted as (
        delete from membership m using ended where m.connection_id = ${scope.connectionId} and m.ctid = ended.row and ended.never_was returning 1
      ), closed as (
        update membership m set valid_to = ${scope.instant}, closed_run_id = ${scope.runId}
        from ended where m.connection_id = ${scope.connectionId} and m.ctid = ended.row and not ended.never_was returning 1
      )
      -- What an unbinding of this run left behind was counted when it ended.
      select count(*) filter (where not never_was or opened_run_id is not null)::int as removed from ended`,
  );
  return row?.removed ?? 0;
}

/** Members are found by directory_object_reference, else by directory_object_alternate. */
async function openMemberships(client: pg.PoolClient, scope: MergeScope, batch: number): Promise<number> {
  const row = await runOne<{ added: number }>(
    client,
    sql`
      with groups as materialized (${groupsOf(scope, batch)}),
      opened as (
        insert into membership (group_id, member_key, member_id, connection_id, reference, valid_from, opened_run_id)
        select g.group_id, s.member_key, coalesce(direct.id, other.id), ${scope.connectionId}, s.reference,
               ${scope.instant}, ${scope.runId}
        from groups g
        join ${sql.raw(scope.tables.member)} s on s.group_number = g.number
        left join lateral (select id from directory_object o
                           where o.connection_id = ${scope.connectionId} and o.reference_key = s.member_key and o.removed_at is null limit 1) direct on true
        left join lateral (select id from directory_object o
                           where o.connection_id = ${scope.connectionId} and o.alternate_key = s.member_key and o.removed_at is null and direct.id is null
                           limit 1) other on true
        -- In the order of membership_open, which takes rows in its order at a third less.
        order by g.group_id, s.member_key
        -- Two objects may answer to one name for a moment: the first is taken, whoever moves away is unbound.
        on conflict (group_id, member_key, connection_id) where valid_to is null do nothing
        returning 1
      ), counted as (
        update directory_object o
        set members_hash = g.members_hash, member_count = g.members
        from groups g
        where o.connection_id = ${scope.connectionId} and o.id = g.group_id
      )
      select count(*)::int as added from opened`,
  );
  return row?.added ?? 0;
}
