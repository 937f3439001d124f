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
import { rowVersion } from '../row-version.ts';
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
  lifecycleState: PersonStatus;
  lifecycleManuallyUpdated: boolean;
  identityProfileId: string | null;
  attributes: Record<string, unknown>;
  processingState: 'ERROR' | 'OK' | null;
  processingErrors: { attribute: string; message: string }[];
  lastRefreshAt: string | null;
  objectCount: number;
  createdAt: string;
  updatedAt: string;
}

export interface PersonFilter {
  search?: string | undefined;
  status?: PersonStatus | 'all' | undefined;
  connectionId?: string | undefined;
  identityProfileId?: string | undefined;
  processingState?: 'ERROR' | 'OK' | undefined;
}

/** Accounts are counted by person_link_person and directory_object_id, of the rows that are shown alone. */
const columns = sql`
    o.id, o.display_name as "displayName", o.given_name as "givenName", o.surname, o.email,
    o.employee_id as "employeeId", o.department, o.title, o.manager_id as "managerId", o.status,
    o.lifecycle_state as "lifecycleState", o.lifecycle_manual as "lifecycleManuallyUpdated",
    o.identity_profile_id as "identityProfileId", o.attributes, o.processing_state as "processingState",
    (select coalesce(jsonb_agg(jsonb_build_object('attribute', e.key, 'message', e.value) order by e.key collate "C"), '[]')
     from jsonb_each_text(o.processing_errors) e) as "processingErrors", o.last_refresh_at as "lastRefreshAt",
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
  // person_profile.
  if (filter.identityProfileId) where.push(sql`o.identity_profile_id = ${filter.identityProfileId}::uuid`);
  // person_failed, whose condition has the word, finds ERROR; nearly everybody is OK.
  if (filter.processingState) where.push(sql`o.processing_state = ${sql.lit(filter.processingState)}`);
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

/** One person, with what changes whenever somebody could want to know of it before deciding about the person. */
export type VersionedPerson = PersonRow & { version: string };

/** Its accounts come and go with an event each. */
const version = sql`concat(${rowVersion('o')}, '-',
    (select replace(e.id::text, '-', '') from person_link_event e where e.person_id = o.id order by e.id desc limit 1))`;

/** The person with this id; undefined where there is none, or none any more. Served by the keys of both tables. */
export function getPerson(on: Queryable, id: string): Promise<VersionedPerson | undefined> {
  return readRow<VersionedPerson>(
    on,
    sql`select ${columns}, ${version} as version from person o where o.id = ${id}::uuid and ${present}`,
  );
}
