// GET /v3/identity-profiles and GET /identity-profiles: the profiles in the form of the SailPoint-shaped surface.
import { initServer } from '@ts-rest/express';
import type { z } from 'zod';
import { sailPointContract } from '../../contracts/index.ts';
import type { identityProfileSchema } from '../../contracts/sailpoint/identity-profiles.ts';
import {
  IDENTITY_PROFILES,
  type SailPointProfileRow,
} from '../../database/queries/sailpoint/identity-profiles.ts';
import type { FilterFields } from '../../domain/filters/filter-fields.ts';
import type { RouteDeps } from '../routes/route-dependencies.ts';
import { hexOf, referenceOf } from './references.ts';
import { type CollectionQuery, respondWithCollection } from './respond-with-collection.ts';

type Profile = z.infer<typeof identityProfileSchema>;
type Definition = Profile['identityAttributeConfig']['attributeTransforms'][number]['transformDefinition'];

/** Exactly those of the reference document. */
export const PROFILE_FIELDS: FilterFields = {
  id: { type: 'id', operators: ['eq', 'ne', 'ge', 'gt', 'in', 'le', 'lt', 'isnull', 'sw'] },
  name: { type: 'text', operators: ['eq', 'ne', 'in', 'le', 'lt', 'isnull', 'sw'] },
  priority: { type: 'number', operators: ['eq', 'ne'] },
};

export function sailPointProfilesRoutes({ database: { pool } }: RouteDeps) {
  const list = (input: { query: CollectionQuery; res: Parameters<typeof respondWithCollection>[1]['res'] }) =>
    respondWithCollection(pool, input, {
      fields: PROFILE_FIELDS,
      collection: IDENTITY_PROFILES,
      toBody: profileOf,
    });
  return initServer().router(sailPointContract.identityProfiles, { list, listUnversioned: list });
}

function profileOf(row: SailPointProfileRow): Profile {
  const report = row.exceptionReport;
  return {
    id: hexOf(row.id),
    name: row.name,
    created: row.createdAt,
    modified: row.updatedAt,
    description: row.description,
    owner: referenceOf('IDENTITY', row.ownerId, row.ownerName),
    priority: row.priority,
    authoritativeSource: { type: 'SOURCE', id: hexOf(row.connectionId), name: row.connectionName },
    identityRefreshRequired: row.identityRefreshRequired,
    identityCount: row.identityCount,
    identityAttributeConfig: {
      enabled: row.config.enabled,
      attributeTransforms: row.config.attributeTransforms.map((mapping) => ({
        identityAttributeName: mapping.identityAttributeName,
        transformDefinition: definitionOf(mapping.transformDefinition),
      })),
    },
    identityExceptionReportReference: report && {
      taskResultId: hexOf(report.taskResultId),
      reportName: report.reportName,
    },
    hasTimeBasedAttr: row.hasTimeBasedAttr,
  };
}

/** What the document has of a definition; a name by which others refer to it is not part of it. */
function definitionOf(stored: unknown): Definition {
  const { type, attributes } = stored as { type: string; attributes?: Definition['attributes'] };
  return { type, attributes: attributes ?? null };
}
