// Reads a page of users.
import { type Queryable, type RawBuilder, sql } from '../sql.ts';
import {
  type ListRequest,
  type ListResult,
  type ListStatement,
  listRows,
  type SortField,
} from './list-rows.ts';
import { type UserRow, userColumns } from './object-columns.ts';
import {
  countedTotal,
  filteredTotal,
  type ObjectFilter,
  objectConditions,
  searchNames,
} from './object-search.ts';

export interface UserFilter extends ObjectFilter {
  department?: string | undefined;
  status?: 'active' | 'disabled' | 'all' | undefined;
}

const SORTS = {
  // directory_object_name serves this one both ways; the others sort the rows of the class.
  displayName: { expression: sql`lower(o.display_name)`, type: 'text' },
  givenName: { expression: sql`lower(o.given_name)`, type: 'text', nullable: true },
  surname: { expression: sql`lower(o.surname)`, type: 'text', nullable: true },
  accountName: { expression: sql`lower(o.account_name)`, type: 'text', nullable: true },
  userPrincipalName: { expression: sql`lower(o.user_principal_name)`, type: 'text', nullable: true },
  email: { expression: sql`lower(o.email)`, type: 'text', nullable: true },
  employeeId: { expression: sql`lower(o.employee_id)`, type: 'text', nullable: true },
  department: { expression: sql`lower(o.department)`, type: 'text', nullable: true },
  title: { expression: sql`lower(o.title)`, type: 'text', nullable: true },
  company: { expression: sql`lower(o.company)`, type: 'text', nullable: true },
  status: { expression: sql`o.status`, type: 'text' },
  lastLogonAt: { expression: sql`o.last_logon_at`, type: 'timestamptz', nullable: true },
  sourceCreatedAt: { expression: sql`o.source_created_at`, type: 'timestamptz', nullable: true },
  firstSeenAt: { expression: sql`o.first_seen_at`, type: 'timestamptz' },
  updatedAt: { expression: sql`o.updated_at`, type: 'timestamptz' },
} as const satisfies Record<string, SortField>;

export type UserSort = keyof typeof SORTS;

/** The statement of a page of users; exported for benchmarks that run the same SQL. */
export function usersStatement(filter: UserFilter, request: ListRequest<UserSort>): ListStatement {
  // directory_object_name for the unfiltered list, directory_object_department, directory_object_search.
  const where = [sql`o.object_class = 'user'`, ...objectConditions(filter)];
  const search = filter.search ? searchNames(filter.search) : null;
  if (search) where.push(search.condition);
  if (filter.department)
    where.push(sql`lower(o.department) = lower(${filter.department}::text collate pg_c_utf8)`);
  const status = filter.status === 'all' ? undefined : filter.status;
  if (status) where.push(sql`o.status = ${status}`);
  return {
    columns: userColumns(),
    from: sql`directory_object o`,
    where,
    sort: SORTS[request.sort],
    id: sql`o.id`,
    rank: request.sortGiven ? null : search?.rank,
    searched: search !== null,
    total: search ? null : totalOf(filter, status),
    request,
  };
}

/** Null: to be counted. What has gone is counted a class alone. */
function totalOf(filter: UserFilter, status: string | undefined): RawBuilder<unknown> | null {
  if (!filter.department && !status) return countedTotal('user', filter);
  return filter.includeRemoved ? null : filteredTotal('user', { ...filter, status });
}

/** A page of users and their exact number. */
export function listUsers(
  on: Queryable,
  filter: UserFilter,
  request: ListRequest<UserSort>,
): Promise<ListResult<UserRow>> {
  return listRows<UserRow>(on, usersStatement(filter, request));
}
