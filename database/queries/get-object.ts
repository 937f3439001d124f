// Reads one object: as a user, as a group, or as what it is.
import { type Queryable, type RawBuilder, sql } from '../sql.ts';
import {
  type GroupRow,
  groupColumns,
  type ObjectRow,
  objectColumns,
  type UserRow,
  userColumns,
} from './object-columns.ts';
import { readRow } from './read-rows.ts';

// Each is served by directory_object_id.
function getRow<Row>(on: Queryable, columns: RawBuilder<unknown>, id: string, objectClass: string | null) {
  const ofClass = objectClass === null ? sql`` : sql` and o.object_class = ${objectClass}`;
  return readRow<Row>(on, sql`select ${columns} from directory_object o where o.id = ${id}::uuid${ofClass}`);
}

/** The user with this id, removed or not; undefined where there is none. */
export function getUser(on: Queryable, id: string): Promise<UserRow | undefined> {
  return getRow<UserRow>(on, userColumns, id, 'user');
}

/** The group with this id, removed or not. */
export function getGroup(on: Queryable, id: string): Promise<GroupRow | undefined> {
  return getRow<GroupRow>(on, groupColumns, id, 'group');
}

/** The object with this id, of any class, removed or not. */
export function getObject(on: Queryable, id: string): Promise<ObjectRow | undefined> {
  return getRow<ObjectRow>(on, objectColumns, id, null);
}
