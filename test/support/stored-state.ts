// What is stored of a connection, in a form that can be compared with what a directory holds.
import { type Queryable, run, sql } from '../../database/sql.ts';
import type { Attributes } from '../../domain/source-entry.ts';

export interface StoredObject {
  sourceId: string;
  objectClass: string;
  distinguishedName: string | null;
  attributes: Attributes;
  /** Source id of the manager. */
  manager: string | null;
  /** Open memberships: source id of the member, or its bare reference where nobody answers to it. */
  members: string[];
}

/** The present objects of a connection by source id. */
export async function storedState(on: Queryable, connectionId: string): Promise<Map<string, StoredObject>> {
  const rows = await run<StoredObject>(
    on,
    sql`
      select o.source_id as "sourceId", o.object_class as "objectClass", o.distinguished_name as "distinguishedName",
             o.attributes,
             (select t.source_id from object_reference r join directory_object t on t.connection_id = r.connection_id and t.id = r.target_id
              where r.connection_id = ${connectionId} and r.object_id = o.id and r.kind = 'manager') as manager,
             (select coalesce(array_agg(coalesce(t.source_id, m.reference) order by coalesce(t.source_id, m.reference)), '{}')
              from membership m left join directory_object t on t.connection_id = m.connection_id and t.id = m.member_id
              where m.connection_id = ${connectionId} and m.group_id = o.id and m.valid_to is null) as members
      from directory_object o
      where o.connection_id = ${connectionId} and o.removed_at is null`,
  );
  return new Map(rows.map((row) => [row.sourceId, row]));
}
