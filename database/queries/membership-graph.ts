// The graph of memberships at one moment, walked level by level: each group once, however many ways and cycles lead there.
import { type RawBuilder, sql } from '../sql.ts';

/** Which memberships are asked for. */
export interface MembershipQuestion {
  /** Memberships join objects of one connection: naming it leaves the other connections' partitions alone. */
  connectionId: string;
  /** Nested memberships too. */
  transitive: boolean;
  /** The moment to answer for; null: now. */
  asOf: Date | null;
}

/**
 * Memberships `m` that held at the moment: those still open, and those that ended later. `condition` names a group or a
 * member. Two selects, so that each takes its index, whatever the planner thinks of "or": membership_open and
 * membership_closed for groups, membership_member for members.
 */
export function membershipsAt(
  { connectionId, asOf }: MembershipQuestion,
  condition: RawBuilder<unknown>,
): RawBuilder<unknown> {
  const select = sql`
    select m.group_id, m.member_id, m.member_key, m.reference from membership m
    where m.connection_id = ${connectionId}::uuid and ${condition}`;
  if (asOf === null) return sql`${select} and m.valid_to is null`;
  const begun = sql`m.valid_from <= ${asOf}::timestamptz`;
  return sql`
    ${select} and m.valid_to is null and ${begun}
    union all ${select} and m.valid_to > ${asOf}::timestamptz and ${begun}`;
}

/** Deeper than any chain of groups: each level has a group that no level before it had. */
const ANY_DEPTH = 1_000_000;

/**
 * Common table expressions, to stand after `with recursive`. `node (number, level, id, parent)`: what the walk from
 * `start` came to, nearest first, each once, with the one it was reached from (of several, the lowest id).
 * `trail (id, path)`: the ids from `start` to each node, or, where `down`, from the node to `start`.
 *
 * The walk carries its levels as arrays, a row a level: a recursive statement that carries paths would walk each path,
 * of which a graph may have exponentially many.
 */
export function walk(
  question: MembershipQuestion,
  start: string,
  down: boolean,
  most: number = ANY_DEPTH,
): RawBuilder<unknown> {
  const path = down ? sql`node.id || trail.path` : sql`trail.path || node.id`;
  return sql`
    step (level, ids, parents, seen) as (
      select 0, array[${start}::uuid], array[null::uuid], array[${start}::uuid]
      union all
      select step.level + 1, next.ids, next.parents, step.seen || next.ids
      from step
      cross join lateral (
        select array_agg(found.id order by found.id) as ids, array_agg(found.parent order by found.id) as parents
        from (${down ? groupsBelow(question) : groupsAbove(question)}) found) next
      where step.level < ${sql.lit(most)} and next.ids is not null
    ),
    node as materialized (
      select row_number() over (order by step.level, each.id) as number, step.level, each.id, each.parent
      from step cross join lateral unnest(step.ids, step.parents) as each (id, parent)
    ),
    trail (id, level, path) as (
      select node.id, 0, array[node.id] from node where node.level = 0
      union all
      select node.id, node.level, ${path} from trail join node on node.parent = trail.id and node.level = trail.level + 1
    )`;
}

function groupsAbove(question: MembershipQuestion): RawBuilder<unknown> {
  return sql`
    select distinct on (m.group_id) m.group_id as id, m.member_id as parent
    from (${membershipsAt(question, sql`m.member_id = any (step.ids)`)}) m
    where m.group_id <> all (step.seen)
    order by m.group_id, m.member_id`;
}

/**
 * Only members that have members themselves: those are looked up one by one, in the indexes of groups. Before the
 * comparison with what was seen, which takes as long as that is, and few are left for.
 */
function groupsBelow(question: MembershipQuestion): RawBuilder<unknown> {
  return sql`
    select distinct on (m.member_id) m.member_id as id, m.group_id as parent
    from (
      select m.group_id, m.member_id from (${membershipsAt(question, sql`m.group_id = any (step.ids)`)}) m
      where m.member_id is not null and ${hasMembers(question)} offset 0) m
    where m.member_id <> all (step.seen)
    order by m.member_id, m.group_id`;
}

/** "offset 0" keeps each a look-up; as a join it would read all memberships. */
function hasMembers({ connectionId, asOf }: MembershipQuestion): RawBuilder<unknown> {
  const some = (ended: RawBuilder<unknown>) => sql`exists (
    select from membership below
    where below.connection_id = ${connectionId}::uuid and below.group_id = m.member_id and ${ended} offset 0)`;
  const open = some(sql`below.valid_to is null`);
  return asOf === null ? open : sql`(${open} or ${some(sql`below.valid_to > ${asOf}::timestamptz`)})`;
}
