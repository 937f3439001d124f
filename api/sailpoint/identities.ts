// GET /beta/identities: persons in the form of the SailPoint-shaped surface.
import { initServer } from '@ts-rest/express';
import type { z } from 'zod';
import { sailPointContract } from '../../contracts/index.ts';
import {
  IDENTITY_STATUSES,
  type identitySchema,
  PROCESSING_STATES,
} from '../../contracts/sailpoint/identities.ts';
import { IDENTITIES, type IdentityRow } from '../../database/queries/sailpoint/identities.ts';
import type { FilterFields } from '../../domain/filters/filter-fields.ts';
import type { RouteDeps } from '../routes/route-dependencies.ts';
import { hexOf, referenceOf } from './references.ts';
import { respondWithCollection } from './respond-with-collection.ts';

type Identity = z.infer<typeof identitySchema>;

/** Exactly those of the reference document. */
export const IDENTITY_FIELDS: FilterFields = {
  id: { type: 'id', operators: ['eq', 'in'] },
  name: { type: 'text', operators: ['eq', 'sw'] },
  alias: { type: 'text', operators: ['eq', 'sw'] },
  firstname: { type: 'text', operators: ['eq', 'sw'] },
  lastname: { type: 'text', operators: ['eq', 'sw'] },
  email: { type: 'text', operators: ['eq', 'sw'] },
  cloudStatus: { type: 'choice', values: IDENTITY_STATUSES, operators: ['eq'] },
  processingState: { type: 'choice', values: PROCESSING_STATES, operators: ['eq'] },
  correlated: { type: 'boolean', operators: ['eq'] },
  protected: { type: 'boolean', operators: ['eq'] },
};

export function identitiesRoutes({ database: { pool } }: RouteDeps) {
  return initServer().router(sailPointContract.identities, {
    list: (input) =>
      respondWithCollection(pool, input, {
        fields: IDENTITY_FIELDS,
        collection: IDENTITIES[input.query.defaultFilter ?? 'CORRELATED_ONLY'],
        toBody: identityOf,
      }),
  });
}

function identityOf(row: IdentityRow): Identity {
  return {
    id: hexOf(row.id),
    name: row.name,
    created: row.createdAt,
    modified: row.updatedAt,
    // Texts that the document does not let be null.
    ...(row.alias !== null && { alias: row.alias }),
    emailAddress: row.email,
    processingState: row.processingState,
    identityStatus: row.identityStatus as Identity['identityStatus'],
    managerRef: referenceOf('IDENTITY', row.managerId, row.managerName),
    isManager: row.isManager,
    ...(row.lastRefreshAt !== null && { lastRefresh: row.lastRefreshAt }),
    attributes: row.attributes,
    lifecycleState: { stateName: row.lifecycleState, manuallyUpdated: row.lifecycleManual },
  };
}
