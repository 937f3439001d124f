// Reads a page of objects of any class.
import { type Queryable, sql } from '../sql.ts';
import { type ListRequest, type ListResult, listRows, type SortField } from './list-rows.ts';
import { type ObjectRow, objectColumns } from './object-columns.ts';
import { countedTotal, type ObjectFilter, objectConditions, searchNamesAndDns } from './object-search.ts';

export interface ObjectsFilter extends ObjectFilter {
  objectClass?: string | undefined;
  isActive?: boolean | undefined;
}

const SORTS = {
  name: { expression: sql`lower(o.display_name)`, type: 'text' },
  objectClass: { expression: sql`lower(o.object_class collate pg_c_utf8)`, type: 'text' },
  distinguishedName: { expression: sql`lower(o.distinguished_name)`, type: 'text', nullable: true },
  firstSeenAt: { expression: sql`o.first_seen_at`, type: 'timestamptz' },
  updatedAt: { expression: sql`o.updated_at`, type: 'timestamptz' },
} as const satisfies Record<string, SortField>;

export type ObjectSort = keyof typeof SORTS;

/**
 * A page of objects and their exact number. With a class, directory_object_name serves it; without one, and in other
 * orders than by name, the present objects are sorted: an index for that would slow each first sync (ADR 12), for a
 * list that is seldom read.
 */
export function listObjects(
  on: Queryable,
  filter: ObjectsFilter,
  request: ListRequest<ObjectSort>,
): Promise<ListResult<ObjectRow>> {
  const search = filter.search ? searchNamesAndDns(filter.search) : null;
  const where = objectConditions(filter);
  if (filter.objectClass) where.push(sql`o.object_class = ${filter.objectClass}`);
  if (filter.isActive !== undefined) where.push(sql`o.is_active = ${filter.isActive}`);
  if (search) where.push(search.condition);
  return listRows<ObjectRow>(on, {
    columns: objectColumns(),
    from: sql`directory_object o`,
    where,
    sort: SORTS[request.sort],
    id: sql`o.id`,
    rank: request.sortGiven ? null : search?.rank,
    searched: search !== null,
    total: search || filter.isActive !== undefined ? null : countedTotal(filter.objectClass ?? null, filter),
    request,
  });
}
