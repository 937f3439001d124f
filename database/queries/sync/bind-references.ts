// Binds references that nobody answered to yet to objects that arrived since.
import type pg from 'pg';
import { run, sql } from '../../sql.ts';

/**
 * Resolves a connection's open memberships, managers and owners that have no object yet; must run in the
 * connection's turn. Served by membership_unresolved and object_reference_open, which hold the unresolved only.
 */
export async function bindReferences(client: pg.PoolClient, connectionId: string): Promise<void> {
  for (const key of ['reference_key', 'alternate_key'] as const) {
    await run(
      client,
      sql`
        update membership m set member_id = o.id
        from directory_object o
        where m.connection_id = ${connectionId} and m.member_id is null and m.valid_to is null
          and ${sql.ref(`o.${key}`)} = m.member_key and o.removed_at is null`,
    );
    await run(
      client,
      sql`
        update object_reference r set target_id = o.id
        from directory_object o
        where r.connection_id = ${connectionId} and r.target_id is null
          and ${sql.ref(`o.${key}`)} = r.key and o.removed_at is null`,
    );
  }
}
