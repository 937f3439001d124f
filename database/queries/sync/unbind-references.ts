// Takes references off objects that no longer answer to them: moved ones, and removed ones.
import type pg from 'pg';
import { type RawBuilder, run, runOne, sql } from '../../sql.ts';

export interface UnbindScope {
  runId: string | null;
  connectionId: string;
  instant: Date;
  /** The source's members and managers are links to objects, no names (see ConnectorDefinition). */
  linksFollow?: boolean;
}

/**
 * Objects whose reference keys changed: a group that still lists the old name lists nobody, until somebody answers
 * to it (see bind-references); where links follow, it lists the new name by now. Served by membership_member and
 * object_reference_target.
 */
export async function unbindMoved(
  client: pg.PoolClient,
  scope: UnbindScope,
  objectIds: string[],
): Promise<number> {
  if (objectIds.length === 0) return 0;
  if (scope.linksFollow) await followMoved(client, scope, objectIds);
  return unbind(
    client,
    scope,
    objectIds,
    sql`not exists (select from directory_object o where o.id = member_id and o.connection_id = ${scope.connectionId}
                    and (o.reference_key = member_key or o.alternate_key = member_key))`,
    sql`not exists (select from directory_object o where o.id = target_id and o.connection_id = ${scope.connectionId}
                    and (o.reference_key = key or o.alternate_key = key))`,
    scope.linksFollow ? sql`false` : sql`true`,
  );
}

/**
 * Whoever has a name now, its former owner has another: where a group holds both, the former owner's row leaves the name
 * free and is told its present one when that object is merged, in this batch or in a later one. Served by
 * membership_member and membership_open.
 */
async function leaveNames(
  client: pg.PoolClient,
  { connectionId }: UnbindScope,
  objectIds: string[],
): Promise<void> {
  await run(
    client,
    sql`
      update membership former set member_key = uuidv7()
      from directory_object o
      join membership own on own.connection_id = o.connection_id and own.member_id = o.id and own.valid_to is null
      where o.connection_id = ${connectionId} and o.id = any (${objectIds}::uuid[])
        and former.connection_id = ${connectionId} and former.group_id = own.group_id
        and former.member_key = o.reference_key and former.member_id <> o.id and former.valid_to is null`,
  );
}

/** Gives what refers to objects by a name their present one; a row that has the new name already stays alone. */
async function followMoved(client: pg.PoolClient, scope: UnbindScope, objectIds: string[]): Promise<void> {
  const { connectionId } = scope;
  await leaveNames(client, scope, objectIds);
  await run(
    client,
    sql`
      update membership m set member_key = o.reference_key, reference = coalesce(o.distinguished_name, m.reference)
      from directory_object o
      where o.connection_id = ${connectionId} and o.id = any (${objectIds}::uuid[])
        and m.connection_id = ${connectionId} and m.member_id = o.id and m.valid_to is null
        and m.member_key <> o.reference_key and m.member_key is distinct from o.alternate_key
        and not exists (select from membership there
                        where there.connection_id = ${connectionId} and there.group_id = m.group_id
                          and there.member_key = o.reference_key and there.valid_to is null)`,
  );
  await run(
    client,
    sql`
      update object_reference r set key = o.reference_key
      from directory_object o
      where o.connection_id = ${connectionId} and o.id = any (${objectIds}::uuid[])
        and r.connection_id = ${connectionId} and r.target_id = o.id
        and r.key <> o.reference_key and r.key is distinct from o.alternate_key`,
  );
}

/**
 * Objects that have left their source: they hold no access any more and manage nobody. Where links follow, who had to
 * leave a name to another (see leaveNames) has none that a group could list. Served by directory_object's key.
 * @param unlisted those of them whose links went with them, so that no group lists them any more
 */
export async function unbindRemoved(
  client: pg.PoolClient,
  scope: UnbindScope,
  objectIds: string[],
  unlisted: string[],
): Promise<number> {
  if (objectIds.length === 0) return 0;
  const named = sql`exists (select from directory_object o where o.id = member_id and o.connection_id = ${scope.connectionId}
                            and (o.reference_key = member_key or o.alternate_key = member_key))`;
  const listed = sql`member_id <> all (${unlisted}::uuid[])`;
  const listedStill = scope.linksFollow ? sql`${listed} and ${named}` : listed;
  return unbind(client, scope, objectIds, sql`true`, sql`true`, listedStill);
}

/**
 * Ends what they held at the run's instant (a range that began at that instant never was), lets the groups that are
 * still there list the bare name again (where `listedStill`; they are counted without the others), and answers with
 * the number of memberships ended.
 */
async function unbind(
  client: pg.PoolClient,
  scope: UnbindScope,
  objectIds: string[],
  membershipLost: RawBuilder<unknown>,
  referenceLost: RawBuilder<unknown>,
  listedStill: RawBuilder<unknown>,
): Promise<number> {
  const row = await runOne<{ ended: number }>(
    client,
    sql`
      with never_was as (
        delete from membership
        where connection_id = ${scope.connectionId} and member_id = any (${objectIds}::uuid[]) and valid_to is null and valid_from >= ${scope.instant}
          and ${membershipLost}
        returning *
      ), closed as (
        update membership set valid_to = ${scope.instant}, closed_run_id = ${scope.runId}
        where connection_id = ${scope.connectionId} and member_id = any (${objectIds}::uuid[]) and valid_to is null and valid_from < ${scope.instant}
          and ${membershipLost}
        returning *
      ), ended as (
        select *, ${listedStill} as listed_still from (select * from never_was union all select * from closed) ended
      ), listed as (
        insert into membership (group_id, member_key, connection_id, reference, valid_from)
        select ended.group_id, ended.member_key, ended.connection_id, ended.reference,
               greatest(ended.valid_from, ${scope.instant}::timestamptz)
        from ended
        join directory_object g on g.connection_id = ${scope.connectionId} and g.id = ended.group_id and g.removed_at is null
        where ended.listed_still
      ), recounted as (
        update directory_object g set member_count = g.member_count - gone.members
        from (
          select group_id, count(*)::int as members from ended where not listed_still group by group_id) gone
        where g.connection_id = ${scope.connectionId} and g.id = gone.group_id and g.removed_at is null
      )
      select ((select count(*) from never_was where opened_run_id is not null) + (select count(*) from closed))::int as ended`,
  );
  await run(
    client,
    sql`
      update object_reference set target_id = null
      where connection_id = ${scope.connectionId} and target_id = any (${objectIds}::uuid[]) and ${referenceLost}`,
  );
  return row?.ended ?? 0;
}
