// Persons as identities of the SailPoint-shaped surface: what is read of them, filtered and sorted by.
import type { CheckedFilter } from '../../../domain/filters/filter-fields.ts';
import { type RawBuilder, sql } from '../../sql.ts';
import type { Collection } from '../filters/read-collection.ts';
import { personCount } from '../persons/person-count.ts';

export interface IdentityRow {
  id: string;
  name: string;
  createdAt: string;
  updatedAt: string;
  alias: string | null;
  email: string | null;
  processingState: 'ERROR' | 'OK' | null;
  identityStatus: string;
  managerId: string | null;
  managerName: string | null;
  isManager: boolean;
  lastRefreshAt: string | null;
  attributes: Record<string, unknown>;
  lifecycleState: string;
  lifecycleManual: boolean;
}

const columns = sql`
    p.id, p.display_name as name, p.created_at as "createdAt", p.updated_at as "updatedAt", p.alias, p.email,
    p.processing_state as "processingState", p.identity_status as "identityStatus",
    m.id as "managerId", m.display_name as "managerName", p.is_manager as "isManager",
    p.last_refresh_at as "lastRefreshAt", p.attributes, p.lifecycle_state as "lifecycleState",
    p.lifecycle_manual as "lifecycleManual"`;

/** What has no account left is nobody any more. */
const present = sql`p.dissolved_at is null`;

/**
 * Indexes: person_pkey and person_correlated (by id), person_name and person_name_correlated, person_alias,
 * person_given_name, person_surname, person_email, person_status, person_failed, person_protected, person_uncorrelated.
 * They leave nobodies out, and those of correlated persons are read alone, so that a deep offset fetches no row that it
 * skips. Statistics person_folded_… say how many a comparison of texts leaves.
 */
function identities(
  where: readonly RawBuilder<unknown>[],
  knownTotal: (filter: CheckedFilter | null) => RawBuilder<unknown> | null,
): Collection {
  return {
    knownTotal,
    columns,
    from: sql`person p`,
    // By person_pkey, of the rows that are shown alone.
    joins: sql`left join person m on m.id = p.manager_id and m.dissolved_at is null`,
    id: sql`p.id`,
    where,
    filters: {
      id: sql`p.id`,
      name: sql`lower(p.display_name)`,
      alias: sql`lower(p.alias)`,
      firstname: sql`lower(p.given_name)`,
      lastname: sql`lower(p.surname)`,
      email: sql`lower(p.email)`,
      cloudStatus: sql`p.identity_status`,
      processingState: sql`p.processing_state`,
      correlated: sql`p.correlated`,
      protected: sql`p.protected`,
    },
    sorters: {
      name: { expression: sql`lower(p.display_name)` },
      alias: { expression: sql`lower(p.alias)`, nullable: true },
      cloudStatus: { expression: sql`p.identity_status` },
    },
  };
}

/** Each `defaultFilter`, and the persons that it leaves. */
export const IDENTITIES = {
  CORRELATED_ONLY: identities([present, sql`p.correlated`], (filter) =>
    filter === null || asksCorrelated(filter) === true ? personCount(true) : null,
  ),
  NONE: identities([present], (filter) => {
    if (filter === null) return personCount();
    const correlated = asksCorrelated(filter);
    return correlated === null ? null : personCount(correlated);
  }),
} as const;

/** What `correlated` is compared with, where that is the whole filter. */
function asksCorrelated(filter: CheckedFilter): boolean | null {
  if (filter.kind !== 'test' || filter.path !== 'correlated' || filter.operator !== 'eq') return null;
  return filter.values[0] === true;
}
