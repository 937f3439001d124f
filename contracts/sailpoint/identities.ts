// GET /beta/identities: persons, as the reference document has them.
import { initContract } from '@ts-rest/core';
import { z } from 'zod';
import { time } from '../schemas.ts';
import { collectionQuery, hexId, referenceTo, sailPointFailures } from './schemas.ts';

const c = initContract();

export const IDENTITY_STATUSES = [
  'UNREGISTERED',
  'REGISTERED',
  'PENDING',
  'WARNING',
  'DISABLED',
  'ACTIVE',
  'DEACTIVATED',
  'TERMINATED',
  'ERROR',
  'LOCKED',
] as const;
export const PROCESSING_STATES = ['ERROR', 'OK'] as const;
export const DEFAULT_FILTERS = ['CORRELATED_ONLY', 'NONE'] as const;

export const identitySchema = z
  .object({
    id: hexId,
    name: z.string(),
    created: time,
    modified: time,
    alias: z
      .string()
      .optional()
      .meta({ description: 'The account name of the authoritative account. Left out where there is none.' }),
    emailAddress: z.string().nullable(),
    processingState: z
      .enum(PROCESSING_STATES)
      .nullable()
      .meta({ description: 'Null before the first refresh.' }),
    identityStatus: z.enum(IDENTITY_STATUSES),
    managerRef: referenceTo('IDENTITY').nullable(),
    isManager: z.boolean(),
    lastRefresh: time.optional().meta({ description: 'Left out before the first refresh.' }),
    attributes: z
      .record(z.string(), z.unknown())
      .meta({ description: 'What the identity profile worked out.' }),
    lifecycleState: z
      .object({
        stateName: z.string().meta({ description: 'active, inactive or terminated.' }),
        manuallyUpdated: z.boolean(),
      })
      .nullable(),
  })
  .meta({ title: 'Identity' });

export const identitiesContract = c.router({
  list: {
    method: 'GET',
    path: '/beta/identities',
    summary: 'List identities',
    description:
      'Filters: id (eq, in); name, alias, firstname, lastname, email (eq, sw); cloudStatus, processingState, correlated, protected (eq). Sorters: name, alias, cloudStatus.',
    metadata: { scope: 'idn:identity:read' },
    query: collectionQuery({
      defaultFilter: z.enum(DEFAULT_FILTERS).optional().meta({
        default: 'CORRELATED_ONLY',
        description: '`CORRELATED_ONLY` adds `correlated eq true` to the filters.',
      }),
    }),
    responses: { 200: z.array(identitySchema), ...sailPointFailures },
  },
});
