// Reads persons: a page of them, or one.
import { type Queryable, type RawBuilder, sql } from '../../sql.ts';
import {
  type ListRequest,
  type ListResult,
  type ListStatement,
  listRows,
  type SortField,
} from '../list-rows.ts';
import { searchNames } from '../object-search.ts';
import { readRow } from '../read-rows.ts';
import { personCount } from './person-count.ts';

export type PersonStatus = 'active' | 'inactive' | 'terminated';

export interface PersonRow {
  id: string;
  displayName: string;
  givenName: string | null;
  surname: string | null;
  email: string | null;
  employeeId: string | null;
  department: string | null;
  title: string | null;
  managerId: string | null;
  status: PersonStatus;
  identityProfileId: string | null;
  attributes: Record<string, unknown>;
  objectCount: number;
  createdAt: string;
  updatedAt: string;
}

export interface PersonFilter {
  search?: string | undefined;
  status?: PersonStatus | 'all' | undefined;
  connectionId?: string | undefined;
}

/** Accounts are counted by person_link_person and directory_object_id, of the rows that are shown alone. */
const columns = sql`
    o.id, o.display_name as "displayName", o.given_name as "givenName", o.surname, o.email,
    o.employee_id as "employeeId", o.department, o.title, o.manager_id as "managerId", o.status,
    o.identity_profile_id as "identityProfileId", o.attributes,
    (select count(*) from person_link l
     join directory_object d on d.connection_id = l.connection_id and d.id = l.object_id
     where l.person_id = o.id and d.removed_at is null) as "objectCount",
    o.created_at as "createdAt", o.updated_at as "updatedAt"`;

/** What has no account left is nobody any more. */
const present = sql`o.dissolved_at is null`;

const SORTS = {
  // person_name serves this one both ways; the others sort all persons.
  displayName: { expression: sql`lower(o.display_name)`, type: 'text' },
  givenName: { expression: sql`lower(o.given_name)`, type: 'text', nullable: true },
  surname: { expression: sql`lower(o.surname)`, type: 'text', nullable: true },
  email: { expression: sql`lower(o.email)`, type: 'text', nullable: true },
  employeeId: { expression: sql`lower(o.employee_id)`, type: 'text', nullable: true },
  department: { expression: sql`lower(o.department)`, type: 'text', nullable: true },
  title: { expression: sql`lower(o.title)`, type: 'text', nullable: true },
  status: { expression: sql`o.status`, type: 'text' },
  createdAt: { expression: sql`o.created_at`, type: 'timestamptz' },
  updatedAt: { expression: sql`o.updated_at`, type: 'timestamptz' },
} as const satisfies Record<string, SortField>;

export type PersonSort = keyof typeof SORTS;

/** The statement of a page of persons; exported for benchmarks that run the same SQL. */
export function personsStatement(filter: PersonFilter, request: ListRequest<PersonSort>): ListStatement {
  const where: RawBuilder<unknown>[] = [present];
  // The layout of search_text is that of objects; person_search serves it.
  const search = filter.search ? searchNames(filter.search) : null;
  if (search) where.push(search.condition);
  if (filter.status && filter.status !== 'all') where.push(sql`o.status = ${filter.status}`);
  // person_link_order.
  if (filter.connectionId)
    where.push(sql`exists (select from person_link l
      where l.person_id = o.id and l.connection_id = ${filter.connectionId}::uuid)`);
  return {
    columns,
    from: sql`person o`,
    where,
    sort: SORTS[request.sort],
    id: sql`o.id`,
    rank: request.sortGiven ? null : search?.rank,
    total: where.length === 1 ? personCount() : null,
    request,
  };
}

/** A page of persons and their exact number. */
export function listPersons(
  on: Queryable,
  filter: PersonFilter,
  request: ListRequest<PersonSort>,
): Promise<ListResult<PersonRow>> {
  return listRows<PersonRow>(on, personsStatement(filter, request));
}

/** The person with this id; undefined where there is none, or none any more. Served by the primary key. */
export function getPerson(on: Queryable, id: string): Promise<PersonRow | undefined> {
  return readRow<PersonRow>(on, sql`select ${columns} from person o where o.id = ${id}::uuid and ${present}`);
}
