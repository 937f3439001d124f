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

/**
 * The connection that holds the object, which asks each connection's partition: by a plan that is kept, since planning
 * for all of them takes longer than looking. An object never changes its connection. Served by directory_object_id.
 */
async function connectionOf(on: Queryable, id: string): Promise<string | undefined> {
  const row = await readRow<{ connectionId: string }>(
    on,
    sql`select o.connection_id as "connectionId" from directory_object o where o.id = ${id}::uuid`,
    { keepPlan: true, anyValues: true },
  );
  return row?.connectionId;
}

/** Served by directory_object_id of one partition; so are the look-ups in the columns, which know the connection. */
async function getRow<Row>(
  on: Queryable,
  columns: (connection: RawBuilder<unknown>) => RawBuilder<unknown>,
  id: string,
  objectClass: string | null,
): Promise<Row | undefined> {
  const connectionId = await connectionOf(on, id);
  if (connectionId === undefined) return undefined;
  const ofClass = objectClass === null ? sql`` : sql` and o.object_class = ${objectClass}`;
  return readRow<Row>(
    on,
    sql`
      select ${columns(sql`${connectionId}::uuid`)} from directory_object o
      where o.connection_id = ${connectionId}::uuid and o.id = ${id}::uuid${ofClass}`,
  );
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
