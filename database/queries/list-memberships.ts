// Reads who is in a group, and in which groups an object is, now or at a past moment.
import { type Queryable, type RawBuilder, sql } from '../sql.ts';
import { listDirectMembers, type MemberRow } from './group-members.ts';
import { type ListRequest, type ListResult, type ListStatement, listRows } from './list-rows.ts';
import { type MembershipQuestion, membershipsAt, walk } from './membership-graph.ts';
import { joinWas, namesOf } from './moment.ts';
import { type GroupRow, groupColumnsWith } from './object-columns.ts';

/** Members of a group by name; one that the connection does not hold shows the reference as its source wrote it. */
export function listGroupMembers(
  on: Queryable,
  groupId: string,
  question: MembershipQuestion,
  request: ListRequest,
): Promise<ListResult<MemberRow>> {
  if (!question.transitive && !question.asOf)
    return listDirectMembers(on, { connectionId: question.connectionId, groupId }, request);
  return listRows<MemberRow>(on, membersAt(groupId, question, request));
}

/**
 * Members at a moment, nested ones if wanted, each once by its shortest path. Served by membership_open,
 * membership_closed, directory_object_id and object_change_later.
 */
function membersAt(groupId: string, question: MembershipQuestion, request: ListRequest): ListStatement {
  const { connectionId, asOf } = question;
  const names = namesOf(asOf);
  return {
    columns: sql`o.id, o.object_class as "objectClass", o.name, o.distinguished_name as "distinguishedName",
      o.is_active as "isActive", o.direct, array_remove(o.id || o.path, null) as path`,
    from: sql`(
      with recursive ${walk(question, groupId, true, question.transitive ? undefined : 0)},
      member as (
        -- A key that nobody answers to is no object's id: both are unique here.
        select coalesce(m.member_id, m.member_key) as key, m.member_id, min(m.number) as number,
               min(case when m.member_id is null then m.reference end) as reference
        from (${listedAt(groupId, question)}) m
        group by 1, 2
      )
      select member.key, d.id, d.object_class,
        case when d.id is null then member.reference collate pg_c_utf8 else ${names.name} end as name,
        case when d.id is null then member.reference collate pg_c_utf8 else ${names.dn} end as distinguished_name,
        ${names.active} as is_active, node.level = 0 as direct, trail.path, count(*) over () as counted
      from member
      join node on node.number = member.number
      join trail on trail.id = node.id
      left join directory_object d on d.connection_id = ${connectionId}::uuid and d.id = member.member_id
      ${asOf ? joinWas(connectionId, sql`member.member_id`, asOf) : sql``}) o`,
    where: [],
    sort: { expression: sql`lower(o.name)`, type: 'text' },
    id: sql`o.key`,
    counted: true,
    request,
  };
}

/** What the groups list that the walk came to, each membership with the number of its group. */
function listedAt(groupId: string, question: MembershipQuestion): RawBuilder<unknown> {
  // Of the one group that direct members need, the planner knows how many it has.
  if (!question.transitive)
    return sql`select 1 as number, m.* from (${membershipsAt(question, sql`m.group_id = ${groupId}::uuid`)}) m`;
  return sql`
    select node.number, m.* from node
    cross join lateral (${membershipsAt(question, sql`m.group_id = node.id`)}) m`;
}

export type MembershipSort = 'name' | 'memberCount';

export type UserGroupRow = GroupRow & { direct: boolean; path: string[] };

/** Members that the group `o` had: kept of now, counted of then. */
function memberCount({ connectionId, asOf }: MembershipQuestion): RawBuilder<unknown> {
  if (asOf === null) return sql`o.member_count`;
  return sql`(select count(*) from (${membershipsAt({ connectionId, asOf, transitive: false }, sql`m.group_id = o.id`)}) m)`;
}

/**
 * Groups that an object is in, nested ones if wanted, each once by its shortest path. Served by membership_member,
 * directory_object_id and object_change_later.
 */
function groupsStatement(
  objectId: string,
  question: MembershipQuestion,
  request: ListRequest<MembershipSort>,
): ListStatement {
  const { connectionId, asOf } = question;
  const names = namesOf(asOf);
  const columns = groupColumnsWith({
    name: sql`o.name_then`,
    distinguishedName: sql`o.dn_then`,
    isActive: sql`o.active_then`,
    memberCount: memberCount(question),
  });
  return {
    columns: sql`${columns}, o.direct, o.path`,
    from: sql`(
      with recursive ${walk(question, objectId, false, question.transitive ? undefined : 1)}
      select d.*, ${names.name} as name_then, ${names.dn} as dn_then, ${names.active} as active_then,
        trail.level = 1 as direct, trail.path, count(*) over () as counted
      from trail
      join directory_object d on d.connection_id = ${connectionId}::uuid and d.id = trail.id
      ${asOf ? joinWas(connectionId, sql`trail.id`, asOf) : sql``}
      where trail.level > 0) o`,
    where: [],
    sort:
      request.sort === 'memberCount'
        ? { expression: memberCount(question), type: 'bigint' }
        : { expression: sql`lower(o.name_then)`, type: 'text' },
    id: sql`o.id`,
    counted: true,
    request,
  };
}

/** A page of the groups that an object is in. */
export function listGroupsOf(
  on: Queryable,
  objectId: string,
  question: MembershipQuestion,
  request: ListRequest<MembershipSort>,
): Promise<ListResult<UserGroupRow>> {
  return listRows<UserGroupRow>(on, groupsStatement(objectId, question, request));
}
