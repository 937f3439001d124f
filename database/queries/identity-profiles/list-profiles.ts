// Reads identity profiles as the API lists them.
import type { IdentityAttributeConfig } from '../../../domain/identity-profiles/profile-config.ts';
import { type Queryable, sql } from '../../sql.ts';
import { type ListRequest, type ListResult, listRows, type SortField } from '../list-rows.ts';
import { escapeLike } from '../object-search.ts';
import { readRow } from '../read-rows.ts';
import { rowVersion } from '../row-version.ts';

export interface ProfileRow {
  id: string;
  name: string;
  description: string | null;
  owner: { id: string; name: string } | null;
  priority: number;
  authoritativeSource: { id: string; name: string };
  enabled: boolean;
  identityAttributeConfig: IdentityAttributeConfig;
  identityRefreshRequired: boolean;
  hasTimeBasedAttr: boolean;
  identityExceptionReportReference: { taskResultId: string; reportName: string } | null;
  identityCount: number;
  createdAt: string;
  updatedAt: string;
  /** Changes with every save. */
  version: string;
}

export interface ProfileFilter {
  search?: string | undefined;
  connectionId?: string | undefined;
  enabled?: boolean | undefined;
}

// Its persons are counted by person_profile. An owner that was merged is the person that took it over.
const columns = sql`o.id, o.name, o.description, o.priority, o.enabled,
    (select jsonb_build_object('id', p.id, 'name', p.display_name) from person f
     join person p on p.id = coalesce(f.merged_into, f.id) where f.id = o.owner_id) as owner,
    (select jsonb_build_object('id', c.id, 'name', c.name) from connection c where c.id = o.connection_id)
      as "authoritativeSource",
    o.identity_attribute_config as "identityAttributeConfig",
    o.identity_refresh_required as "identityRefreshRequired", o.has_time_based_attr as "hasTimeBasedAttr",
    case when o.exception_report is not null then jsonb_set(o.exception_report, '{taskResultId}',
      to_jsonb((o.exception_report ->> 'taskResultId')::uuid)) end as "identityExceptionReportReference",
    (select count(*) from person p where p.identity_profile_id = o.id and p.dissolved_at is null) as "identityCount",
    o.created_at as "createdAt", o.updated_at as "updatedAt",
    ${rowVersion('o')} as version`;

const SORTS = {
  name: { expression: sql`lower(o.name)`, type: 'text' },
  priority: { expression: sql`o.priority::bigint`, type: 'bigint' },
  createdAt: { expression: sql`o.created_at`, type: 'timestamptz' },
  updatedAt: { expression: sql`o.updated_at`, type: 'timestamptz' },
} as const satisfies Record<string, SortField>;

export type ProfileSort = keyof typeof SORTS;

/** A page of profiles. There are tens of them: the table is read as a whole. */
export function listProfiles(
  on: Queryable,
  filter: ProfileFilter,
  request: ListRequest<ProfileSort>,
): Promise<ListResult<ProfileRow>> {
  const where = [];
  if (filter.search)
    where.push(sql`lower(o.name) like lower(${`%${escapeLike(filter.search)}%`}::text collate pg_c_utf8)`);
  if (filter.connectionId) where.push(sql`o.connection_id = ${filter.connectionId}::uuid`);
  if (filter.enabled !== undefined) where.push(sql`o.enabled = ${filter.enabled}`);
  return listRows<ProfileRow>(on, {
    columns,
    from: sql`identity_profile o`,
    where,
    sort: SORTS[request.sort],
    id: sql`o.id`,
    request,
  });
}

/** Served by the primary key. */
export function getProfile(on: Queryable, id: string): Promise<ProfileRow | undefined> {
  return readRow<ProfileRow>(on, sql`select ${columns} from identity_profile o where o.id = ${id}::uuid`);
}
