// GET /v3/identity-profiles, the same at /identity-profiles, as the reference document has it.
import { initContract } from '@ts-rest/core';
import { z } from 'zod';
import { time } from '../schemas.ts';
import { AUTHORITIES } from '../scopes.ts';
import { collectionQuery, hexId, referenceTo, sailPointFailures } from './schemas.ts';

const c = initContract();

const transformDefinitionSchema = z.object({
  type: z.string(),
  attributes: z.record(z.string(), z.unknown()).nullable(),
});

export const identityProfileSchema = z
  .object({
    id: hexId,
    name: z.string(),
    created: time,
    modified: time,
    description: z.string().nullable(),
    owner: referenceTo('IDENTITY').nullable(),
    priority: z.number().int(),
    authoritativeSource: referenceTo('SOURCE'),
    identityRefreshRequired: z.boolean(),
    identityCount: z.number().int(),
    identityAttributeConfig: z.object({
      enabled: z.boolean(),
      attributeTransforms: z.array(
        z.object({ identityAttributeName: z.string(), transformDefinition: transformDefinitionSchema }),
      ),
    }),
    identityExceptionReportReference: z
      .object({ taskResultId: z.string(), reportName: z.string() })
      .nullable()
      .meta({ description: 'Of the latest refresh that had failures.' }),
    hasTimeBasedAttr: z.boolean(),
  })
  .meta({ title: 'SailPointIdentityProfile' });

function listAt<const Path extends string>(path: Path) {
  return {
    method: 'GET' as const,
    path,
    summary: 'List identity profiles',
    description:
      'Asks for the authority ORG_ADMIN or API. Filters: id (eq, ne, ge, gt, in, le, lt, isnull, sw), name (eq, ne, in, le, lt, isnull, sw), priority (eq, ne). Sorters: id, name, priority, created, modified, owner.id, owner.name.',
    metadata: { scope: 'idn:identity:read' as const, authorities: AUTHORITIES },
    query: collectionQuery({}),
    responses: { 200: z.array(identityProfileSchema), ...sailPointFailures },
  };
}

export const sailPointProfilesContract = c.router({
  list: listAt('/v3/identity-profiles'),
  listUnversioned: listAt('/identity-profiles'),
});
