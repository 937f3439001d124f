// Binds references that nobody answered to yet to objects that arrived since.
import type pg from 'pg';
import { run, sql } from '../../sql.ts';

const KEYS = ['reference_key', 'alternate_key'] as const;

/**
 * Resolves a connection's open memberships, managers and owners that have no object yet; must run in the
 * connection's turn. Served by membership_unresolved and object_reference_open, which hold the unresolved only.
 */
export async function bindReferences(
  client: pg.PoolClient,
  scope: { connectionId: string; instant: Date },
): Promise<void> {
  for (const key of KEYS) {
    await bindMemberships(client, scope, key);
    await run(
      client,
      sql`
        update object_reference r set target_id = o.id
        from directory_object o
        where r.connection_id = ${scope.connectionId} and r.target_id is null
          and o.connection_id = ${scope.connectionId}
          and ${sql.ref(`o.${key}`)} = r.key and o.removed_at is null`,
    );
  }
}

/** A group may have listed a name for years before somebody got it: that one's access begins now. */
async function bindMemberships(
  client: pg.PoolClient,
  { connectionId, instant }: { connectionId: string; instant: Date },
  key: (typeof KEYS)[number],
): Promise<void> {
  await run(
    client,
    sql`
      with found as materialized (
        select distinct on (m.ctid) m.ctid as row, m.valid_from, o.id as member_id
        from membership m
        join directory_object o on o.connection_id = ${connectionId}
          and ${sql.ref(`o.${key}`)} = m.member_key and o.removed_at is null
        where m.connection_id = ${connectionId} and m.member_id is null and m.valid_to is null
      ), at_once as (
        update membership m set member_id = found.member_id
        from found
        where m.connection_id = ${connectionId} and m.ctid = found.row and found.valid_from >= ${instant}
      ), closed as (
        update membership m set valid_to = ${instant}
        from found
        where m.connection_id = ${connectionId} and m.ctid = found.row and found.valid_from < ${instant}
        returning m.group_id, m.member_key, m.connection_id, m.reference, found.member_id
      )
      insert into membership (group_id, member_key, member_id, connection_id, reference, valid_from)
      select group_id, member_key, member_id, connection_id, reference, ${instant} from closed`,
  );
}
