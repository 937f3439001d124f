// Reads a page of groups.
import { type Queryable, sql } from '../sql.ts';
import { type ListRequest, type ListResult, listRows, type SortField } from './list-rows.ts';
import { type GroupRow, groupColumns } from './object-columns.ts';
import { countedTotal, type ObjectFilter, objectConditions, searchNames } from './object-search.ts';

const SORTS = {
  name: { expression: sql`lower(o.display_name)`, type: 'text' },
  email: { expression: sql`lower(o.email)`, type: 'text', nullable: true },
  memberCount: { expression: sql`o.member_count`, type: 'bigint' },
  firstSeenAt: { expression: sql`o.first_seen_at`, type: 'timestamptz' },
  updatedAt: { expression: sql`o.updated_at`, type: 'timestamptz' },
} as const satisfies Record<string, SortField>;

export type GroupSort = keyof typeof SORTS;

/** A page of groups and their exact number; directory_object_name and directory_object_search serve it. */
export function listGroups(
  on: Queryable,
  filter: ObjectFilter,
  request: ListRequest<GroupSort>,
): Promise<ListResult<GroupRow>> {
  const search = filter.search ? searchNames(filter.search) : null;
  const where = [sql`o.object_class = 'group'`, ...objectConditions(filter)];
  if (search) where.push(search.condition);
  return listRows<GroupRow>(on, {
    columns: groupColumns(),
    from: sql`directory_object o`,
    where,
    sort: SORTS[request.sort],
    id: sql`o.id`,
    rank: request.sortGiven ? null : search?.rank,
    searched: search !== null,
    total: search ? null : countedTotal('group', filter),
    request,
  });
}
