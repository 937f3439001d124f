// Identity profiles of the SailPoint-shaped surface: what is read of them, filtered and sorted by.
import type { AttributeTransform } from '../../../domain/transforms/compile-profile.ts';
import { sql } from '../../sql.ts';
import type { Collection } from '../filters/read-collection.ts';

export interface SailPointProfileRow {
  id: string;
  name: string;
  createdAt: string;
  updatedAt: string;
  description: string | null;
  ownerId: string | null;
  ownerName: string | null;
  priority: number;
  connectionId: string;
  connectionName: string;
  identityRefreshRequired: boolean;
  identityCount: number;
  config: { enabled: boolean; attributeTransforms: AttributeTransform[] };
  exceptionReport: { taskResultId: string; reportName: string } | null;
  hasTimeBasedAttr: boolean;
}

/** There are tens of them: the table is read as a whole. Persons are counted by person_profile, of shown rows alone. */
export const IDENTITY_PROFILES: Collection = {
  columns: sql`
    p.id, p.name, p.created_at as "createdAt", p.updated_at as "updatedAt", p.description,
    o.id as "ownerId", o.display_name as "ownerName", p.priority, s.id as "connectionId", s.name as "connectionName",
    p.identity_refresh_required as "identityRefreshRequired",
    (select count(*) from person i where i.identity_profile_id = p.id and i.dissolved_at is null) as "identityCount",
    p.identity_attribute_config as config, p.exception_report as "exceptionReport",
    p.has_time_based_attr as "hasTimeBasedAttr"`,
  // By person_pkey. An owner that was merged is the person that took it over.
  from: sql`(identity_profile p
    left join person f on f.id = p.owner_id
    left join person o on o.id = coalesce(f.merged_into, f.id) and o.dissolved_at is null)`,
  joins: sql`join connection s on s.id = p.connection_id`,
  id: sql`p.id`,
  where: [],
  filters: { id: sql`p.id`, name: sql`lower(p.name)`, priority: sql`p.priority` },
  sorters: {
    id: { expression: sql`p.id` },
    name: { expression: sql`lower(p.name)` },
    priority: { expression: sql`p.priority` },
    created: { expression: sql`p.created_at` },
    modified: { expression: sql`p.updated_at` },
    'owner.id': { expression: sql`o.id`, nullable: true },
    'owner.name': { expression: sql`lower(o.display_name)`, nullable: true },
  },
};
