// Reads who is in a group, and in which groups an object is.
import { type Queryable, sql } from '../sql.ts';
import { type ListRequest, type ListResult, listRows } from './list-rows.ts';
import { type GroupRow, groupColumns } from './object-columns.ts';

export interface MemberRow {
  id: string | null;
  objectClass: string | null;
  name: string;
  distinguishedName: string | null;
  isActive: boolean | null;
  direct: boolean;
}

/**
 * Present direct members, by name; a member that the connection does not hold shows the reference as the
 * source wrote it. Served by membership_open and directory_object_id.
 */
export function listGroupMembers(
  on: Queryable,
  groupId: string,
  request: ListRequest,
): Promise<ListResult<MemberRow>> {
  return listRows<MemberRow>(on, {
    columns: sql`o.id, o.object_class as "objectClass", o.name, o.distinguished_name as "distinguishedName",
      o.is_active as "isActive", true as direct`,
    from: sql`(
      select m.member_key, d.id, d.object_class, coalesce(d.display_name, m.reference collate pg_c_utf8) as name,
        case when d.id is null then m.reference collate pg_c_utf8 else d.distinguished_name end as distinguished_name, d.is_active
      from membership m left join directory_object d on d.id = m.member_id and d.connection_id = m.connection_id
      where m.group_id = ${groupId}::uuid and m.valid_to is null) o`,
    where: [],
    sort: { expression: sql`lower(o.name)`, type: 'text' },
    id: sql`o.member_key`,
    // Counted without the look-up of each member.
    total: sql`(select count(*) from membership m where m.group_id = ${groupId}::uuid and m.valid_to is null)`,
    request,
  });
}

const GROUP_SORTS = {
  name: { expression: sql`lower(o.display_name)`, type: 'text' },
  memberCount: { expression: sql`o.member_count`, type: 'bigint' },
} as const;

export type MembershipSort = keyof typeof GROUP_SORTS;

export type UserGroupRow = GroupRow & { direct: boolean; path: string[] };

/** Groups that an object is in directly. Served by membership_member and directory_object_id. */
export function listGroupsOf(
  on: Queryable,
  objectId: string,
  request: ListRequest<MembershipSort>,
): Promise<ListResult<UserGroupRow>> {
  return listRows<UserGroupRow>(on, {
    columns: sql`${groupColumns}, true as direct, array[${objectId}::uuid, o.id] as path`,
    from: sql`directory_object o`,
    where: [
      sql`(o.connection_id, o.id) in (select m.connection_id, m.group_id from membership m
        where m.member_id = ${objectId}::uuid and m.valid_to is null)`,
    ],
    sort: GROUP_SORTS[request.sort],
    id: sql`o.id`,
    request,
  });
}
