// Reads all attributes of one object, with the member values that only the membership table holds.
import type { Attributes } from '../../domain/source-entry.ts';
import { type Queryable, sql } from '../sql.ts';
import { readRow } from './read-rows.ts';

export interface AttributeRow {
  name: string;
  values: string[];
  binary: boolean;
}

/** Sorted by name; undefined where no object (of this class, if one is named) has the id. */
export async function readAttributes(
  on: Queryable,
  id: string,
  objectClass: string | null,
): Promise<AttributeRow[] | undefined> {
  // Served by directory_object_id and membership_open.
  const row = await readRow<{
    attributes: Attributes;
    memberAttribute: string | null;
    members: string[] | null;
  }>(
    on,
    sql`
      select o.side_attributes || o.attributes as attributes, o.member_attribute as "memberAttribute",
        case when o.member_attribute is not null then (
          select array_agg(m.reference order by m.reference) from membership m
          where m.group_id = o.id and m.connection_id = o.connection_id and m.valid_to is null) end as members
      from directory_object o
      where o.id = ${id}::uuid and (${objectClass}::text is null or o.object_class = ${objectClass})`,
  );
  if (!row) return undefined;
  const rows = Object.entries(row.attributes).map(([name, values]) =>
    Array.isArray(values) ? { name, values, binary: false } : { name, values: values.binary, binary: true },
  );
  if (row.memberAttribute && row.members)
    rows.push({ name: row.memberAttribute, values: row.members, binary: false });
  return rows.sort((a, b) => (a.name < b.name ? -1 : 1));
}
