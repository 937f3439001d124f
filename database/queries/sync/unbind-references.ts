// Takes references off objects that no longer answer to them: moved ones, and removed ones.
import type pg from 'pg';
import { type RawBuilder, run, runOne, sql } from '../../sql.ts';

export interface UnbindScope {
  runId: string | null;
  connectionId: string;
  instant: Date;
}

/**
 * Objects whose reference keys changed: a group that still lists the old name lists nobody, until somebody answers
 * to it (see bind-references). Served by membership_member and object_reference_target.
 */
export async function unbindMoved(
  client: pg.PoolClient,
  scope: UnbindScope,
  objectIds: string[],
): Promise<number> {
  if (objectIds.length === 0) return 0;
  return unbind(
    client,
    scope,
    objectIds,
    sql`not exists (select from directory_object o where o.id = member_id and o.connection_id = ${scope.connectionId}
                    and (o.reference_key = member_key or o.alternate_key = member_key))`,
    sql`not exists (select from directory_object o where o.id = target_id and o.connection_id = ${scope.connectionId}
                    and (o.reference_key = key or o.alternate_key = key))`,
  );
}

/** Objects that have left their source: they hold no access any more and manage nobody. */
export async function unbindRemoved(
  client: pg.PoolClient,
  scope: UnbindScope,
  objectIds: string[],
): Promise<number> {
  if (objectIds.length === 0) return 0;
  return unbind(client, scope, objectIds, sql`true`, sql`true`);
}

/**
 * Ends what they held at the run's instant (a range that began at that instant never was), lets the groups that are
 * still there list the bare name again, and answers with the number of memberships ended.
 */
async function unbind(
  client: pg.PoolClient,
  scope: UnbindScope,
  objectIds: string[],
  membershipLost: RawBuilder<unknown>,
  referenceLost: RawBuilder<unknown>,
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
      ), listed_still as (
        insert into membership (group_id, member_key, connection_id, reference, valid_from)
        select ended.group_id, ended.member_key, ended.connection_id, ended.reference,
               greatest(ended.valid_from, ${scope.instant}::timestamptz)
        from (select * from never_was union all select * from closed) ended
        join directory_object g on g.connection_id = ${scope.connectionId} and g.id = ended.group_id and g.removed_at is null
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
