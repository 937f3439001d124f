// Reads the direct members of a group by name: by sorting them, or, of large groups, by walking the objects in order.
import { type Queryable, type RawBuilder, sql } from '../sql.ts';
import { isAfter, type ListRequest, type ListResult, type ListStatement, listRows } from './list-rows.ts';
import { readRow } from './read-rows.ts';

export interface MemberRow {
  id: string | null;
  objectClass: string | null;
  name: string;
  distinguishedName: string | null;
  isActive: boolean | null;
  direct: boolean;
  /** Ids from the member to the group; without the member's where the connection does not hold it. */
  path: string[];
}

/** A group and its connection, which names the partitions. */
interface GroupPlace {
  connectionId: string;
  groupId: string;
}

/** Smaller groups are sorted: it takes a few milliseconds. */
const LARGE = 1_000;
/**
 * The walk gives up after this share of the group's members. A step of it costs about as much as a member that is
 * sorted, so that a walk in vain makes a page dearer by that share and no more.
 */
const WALKED_SHARE = 0.25;
/** A branch of the walk each; a source may have any number of classes. */
const MOST_CLASSES = 12;

/** A page of the present members, each object once; one that the connection does not hold is named by its reference. */
export async function listDirectMembers(
  on: Queryable,
  place: GroupPlace,
  request: ListRequest,
): Promise<ListResult<MemberRow>> {
  // A walk backwards would have to sort those of one name; an export takes all rows.
  const walk = request.cursor || request.descending ? null : await possibleWalk(on, place, request);
  if (walk) {
    const found = await listRows<MemberRow>(on, walkedMembers(place, request, walk));
    if (found.next || (await reachesEnd(on, place, request, walk))) return found;
  }
  return listRows<MemberRow>(on, sortedMembers(place, request));
}

/** How far to walk, and through which classes. */
interface Walk {
  classes: string[];
  steps: number;
}

/** Null where sorting is better. Served by directory_object_id and object_count's key. */
async function possibleWalk(
  on: Queryable,
  { connectionId, groupId }: GroupPlace,
  { limit, offset }: ListRequest,
): Promise<Walk | null> {
  const size = await readRow<{ members: number | null; classes: string[] }>(
    on,
    sql`
      select (select o.member_count from directory_object o
              where o.connection_id = ${connectionId}::uuid and o.id = ${groupId}::uuid) as members,
             array(select c.object_class from object_count c
                   where c.connection_id = ${connectionId}::uuid and c.present > 0 order by 1) as classes`,
  );
  const members = size?.members ?? 0;
  const classes = size?.classes ?? [];
  const steps = Math.floor(members * WALKED_SHARE);
  const tooMuch = classes.length === 0 || classes.length > MOST_CLASSES || offset + limit >= steps;
  return members < LARGE || tooMuch ? null : { classes, steps };
}

/** Whether a walk that did not fill its page came to the end of all objects, and not only to the end of its steps. */
async function reachesEnd(
  on: Queryable,
  place: GroupPlace,
  request: ListRequest,
  walk: Walk,
): Promise<boolean> {
  const row = await readRow<{ steps: number }>(
    on,
    sql`select count(*) as steps from (${objectsInOrder(place, request, walk)}) o`,
  );
  return (row?.steps ?? 0) < walk.steps;
}

const BY_NAME = { expression: sql`lower(o.name)`, type: 'text' } as const;

/** What both ways have in common. */
function statement(place: GroupPlace, request: ListRequest, from: RawBuilder<unknown>): ListStatement {
  return {
    columns: sql`o.id, o.object_class as "objectClass", o.name, o.distinguished_name as "distinguishedName",
      o.is_active as "isActive", true as direct, array_remove(array[o.id, ${place.groupId}::uuid], null) as path`,
    from: sql`(${from}) o`,
    where: [],
    sort: BY_NAME,
    id: sql`o.key`,
    total: totalOf(place),
    request,
  };
}

function listed({ connectionId, groupId }: GroupPlace): RawBuilder<unknown> {
  return sql`m.connection_id = ${connectionId}::uuid and m.group_id = ${groupId}::uuid and m.valid_to is null`;
}

/** Served by membership_unresolved. Its key is no object's id: both are unique among the members. */
function unknownMembers(place: GroupPlace): RawBuilder<unknown> {
  return sql`
    select m.member_key as key, null::uuid as id, null::text as object_class, m.reference collate pg_c_utf8 as name,
      m.reference collate pg_c_utf8 as distinguished_name, null::boolean as is_active
    from membership m where ${listed(place)} and m.member_id is null`;
}

/**
 * Served by membership_open, without a look-up of each member. Where objects answer to two keys, a group may list one
 * object by both (directory_object_alternate tells); then it takes the rows themselves.
 */
function totalOf(place: GroupPlace): RawBuilder<unknown> {
  return sql`(select case
    when (select a.alternate_key from directory_object a
          where a.connection_id = ${place.connectionId}::uuid and a.removed_at is null and a.alternate_key is not null
          order by a.alternate_key limit 1) is null
    then (select count(*) from membership m where ${listed(place)})
    else (select count(*) from (
      select distinct coalesce(m.member_id, m.member_key) from membership m where ${listed(place)}) each) end)`;
}

/** All members, to be sorted. Served by membership_open and directory_object_id. */
export function sortedMembers(place: GroupPlace, request: ListRequest): ListStatement {
  return statement(
    place,
    request,
    sql`
      select d.id as key, d.id, d.object_class, d.display_name as name, d.distinguished_name, d.is_active
      from (select distinct m.member_id from membership m where ${listed(place)} and m.member_id is not null) m
      join directory_object d on d.connection_id = ${place.connectionId}::uuid and d.id = m.member_id
      union all ${unknownMembers(place)}`,
  );
}

/** The connection's objects by name, from where the page begins. Served by directory_object_name, a branch a class. */
function objectsInOrder({ connectionId }: GroupPlace, request: ListRequest, walk: Walk): RawBuilder<unknown> {
  const order = {
    sort: { expression: sql`lower(o.display_name)`, type: 'text' },
    id: sql`o.id`,
    request,
  } as const;
  const after = request.after ? sql` and ${isAfter(order, request.after)}` : sql``;
  const branches = walk.classes.map(
    (objectClass) => sql`
      (select o.id, o.object_class, o.display_name, o.distinguished_name, o.is_active, lower(o.display_name) as folded
       from directory_object o
       where o.connection_id = ${connectionId}::uuid and o.object_class = ${objectClass} and o.removed_at is null${after}
       order by lower(o.display_name), o.id limit ${sql.lit(walk.steps)})`,
  );
  return sql`
    select * from (${sql.join(branches, sql` union all `)}) object
    order by object.folded, object.id limit ${sql.lit(walk.steps)}`;
}

/**
 * The members among the objects, each found by membership_member: as many steps as it takes to fill the page, whatever
 * the size of the group. Empty or short where the steps did not suffice.
 */
export function walkedMembers(place: GroupPlace, request: ListRequest, walk: Walk): ListStatement {
  const page = sql`limit ${sql.lit(request.offset + request.limit + 1)}`;
  const unknown = { sort: BY_NAME, id: sql`o.key`, request };
  return statement(
    place,
    request,
    sql`
      (select o.id as key, o.id, o.object_class, o.display_name as name, o.distinguished_name, o.is_active
       from (${objectsInOrder(place, request, walk)}) o
       -- "offset 0" keeps this a look-up a step.
       where exists (select from membership m where ${listed(place)} and m.member_id = o.id offset 0)
       order by o.folded, o.id ${page})
      union all
      (select * from (${unknownMembers(place)}) o
       where ${request.after ? isAfter(unknown, request.after) : sql`true`}
       order by lower(o.name), o.key ${page})`,
  );
}
