// Identity profiles: which connection is an authority for persons, and how their identity attributes are computed.
import { initContract } from '@ts-rest/core';
import { z } from 'zod';
import { readOne } from './operations.ts';
import {
  bodyFailures,
  conflict,
  failures,
  flag,
  id,
  idParams,
  list,
  listQuery,
  name,
  notFound,
  search,
  single,
  stale,
  text,
  time,
} from './schemas.ts';

const c = initContract();

export const IDENTITY_PROFILE_SORTS = ['name', 'priority', 'createdAt', 'updatedAt'] as const;
export const REFRESH_STATUSES = ['queued', 'running', 'completed', 'failed'] as const;

const reference = z.object({ id, name: z.string() });

const configSchema = z.object({
  enabled: z.boolean(),
  attributeTransforms: z.array(
    z.object({ identityAttributeName: z.string(), transformDefinition: z.record(z.string(), z.unknown()) }),
  ),
});

export const identityProfileSchema = z
  .object({
    id,
    name: z.string(),
    description: z.string().nullable(),
    owner: reference.nullable().meta({ description: 'A person.' }),
    priority: z.number().int().meta({
      description: 'Of a person with accounts on several authoritative sources, the lowest number wins.',
    }),
    authoritativeSource: reference.meta({ description: 'A connection.' }),
    enabled: z.boolean(),
    identityAttributeConfig: configSchema,
    identityRefreshRequired: z.boolean().meta({
      description: 'It was changed since its last refresh.',
    }),
    hasTimeBasedAttr: z.boolean().meta({ description: 'An attribute depends on the present time.' }),
    identityExceptionReportReference: z.object({ taskResultId: id, reportName: z.string() }).nullable().meta({
      description:
        'The latest refresh that had failures: its ID where somebody asked for it, else one of the report alone. Who failed, and why: `GET /api/persons?identityProfileId=…&processingState=ERROR`.',
    }),
    identityCount: z.number().int().meta({ description: 'Persons whose profile this is.' }),
    createdAt: time,
    updatedAt: time,
  })
  .meta({ title: 'IdentityProfile' });

export const identityRefreshSchema = z
  .object({
    id,
    identityProfileId: id,
    status: z.enum(REFRESH_STATUSES),
    requestedBy: z.string(),
    counts: z.object({
      total: z.number().int().meta({ description: 'About how many persons there are to refresh.' }),
      done: z.number().int(),
      failed: z.number().int().meta({ description: 'Of which an attribute could not be computed.' }),
    }),
    progress: z.object({ percent: z.number() }),
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
    queuedAt: time,
    startedAt: time.nullable(),
    finishedAt: time.nullable(),
  })
  .meta({ title: 'IdentityRefresh' });

const configInput = z.strictObject({
  enabled: z.boolean().optional().default(true),
  attributeTransforms: z
    .array(
      z.strictObject({
        identityAttributeName: text(100, 1),
        transformDefinition: z.record(z.string(), z.unknown()),
      }),
    )
    .max(500),
});

/** By id or by name; what an answer has, which is both, can be sent back. */
const sourceInput = z
  .strictObject({ id: id.optional(), name: text(200).optional(), type: z.string().optional() })
  .refine((source) => source.id !== undefined || source.name !== undefined, 'must have an id or a name')
  .meta({ description: 'A connection, by `id` or by `name`.' });

const settings = {
  description: text(2_000).nullable().optional(),
  owner: z
    .strictObject({ id, name: text(1_000).optional(), type: z.string().optional() })
    .nullable()
    .optional()
    .meta({ description: 'A person.' }),
  priority: z.number().int().min(0).max(2_147_483_647).optional(),
  enabled: z.boolean().optional(),
  identityAttributeConfig: configInput.optional(),
};

export const createProfileBody = z.strictObject({ name, authoritativeSource: sourceInput, ...settings });
export const updateProfileBody = z.strictObject({
  name: name.optional(),
  authoritativeSource: sourceInput.optional(),
  ...settings,
});

const previewSchema = z
  .object({
    personId: id,
    attributes: z.array(
      z.object({
        name: z.string(),
        value: z.string().nullable(),
        previousValue: z.string().nullable(),
        error: z.string().nullable().meta({ description: 'Why it stays as it was.' }),
      }),
    ),
    warnings: z
      .array(
        z.object({
          name: z.string().meta({ description: 'The identity attribute whose transforms read it.' }),
          message: z.string(),
        }),
      )
      .meta({ description: 'Attributes that transforms read and no account of the person has.' }),
  })
  .meta({ title: 'IdentityPreview' });

export const identityProfilesContract = c.router(
  {
    list: {
      method: 'GET',
      path: '/identity-profiles',
      summary: 'List identity profiles',
      metadata: { scope: 'identity-profiles:read' },
      query: listQuery(IDENTITY_PROFILE_SORTS, {
        search: search.meta({ description: 'Part of the name.' }),
        connectionId: id.optional(),
        enabled: flag('Only profiles that are switched on, or off.'),
      }),
      responses: { 200: list(identityProfileSchema) },
    },
    create: {
      method: 'POST',
      path: '/identity-profiles',
      summary: 'Create an identity profile',
      description:
        'Its connection becomes authoritative with the next correlation. Transforms that cannot be served are refused, each with its place and the reason.',
      metadata: { scope: 'identity-profiles:write', entityTag: true },
      query: z.strictObject({}),
      body: createProfileBody,
      responses: { 201: single(identityProfileSchema), ...conflict, ...bodyFailures },
    },
    get: readOne(
      {
        path: '/identity-profiles/:id',
        scope: 'identity-profiles:read',
        summary: 'Read one identity profile',
      },
      identityProfileSchema,
    ),
    update: {
      method: 'PATCH',
      path: '/identity-profiles/:id',
      summary: 'Change an identity profile',
      description: 'With `If-Match`, 412 where it was changed since its `ETag` was read.',
      metadata: { scope: 'identity-profiles:write', entityTag: true },
      pathParams: idParams,
      query: z.strictObject({}),
      body: updateProfileBody,
      responses: { 200: single(identityProfileSchema), ...notFound, ...conflict, ...stale, ...bodyFailures },
    },
    delete: {
      method: 'DELETE',
      path: '/identity-profiles/:id',
      summary: 'Delete an identity profile',
      description:
        'Its persons stay, and get another profile or none. With `If-Match`, 412 where it was changed since its `ETag` was read.',
      metadata: { scope: 'identity-profiles:write', entityTag: true },
      pathParams: idParams,
      query: z.strictObject({}),
      responses: { 204: c.noBody(), ...notFound, ...stale },
    },
    preview: {
      method: 'POST',
      path: '/identity-profiles/:id/preview',
      summary: "Compute one person's attributes without saving them",
      description: "By the given configuration, or by the profile's own.",
      metadata: { scope: 'identity-profiles:read' },
      pathParams: idParams,
      query: z.strictObject({}),
      body: z.strictObject({ personId: id, identityAttributeConfig: configInput.optional() }),
      responses: { 200: single(previewSchema), ...notFound, ...bodyFailures },
    },
    refresh: {
      method: 'POST',
      path: '/identity-profiles/:id/refresh',
      summary: 'Refresh the persons of an identity profile',
      description:
        'Answers 202 with the refresh and its `Location`; one that is queued already is joined. Repeated with the same `Idempotency-Key`, the answer is the same refresh.',
      metadata: { scope: 'identity-profiles:write', idempotencyKey: true },
      pathParams: idParams,
      query: z.strictObject({}),
      body: z.strictObject({}).optional(),
      responses: { 202: single(identityRefreshSchema), ...notFound, ...bodyFailures },
    },
    listRefreshes: {
      method: 'GET',
      path: '/identity-profiles/:id/refreshes',
      summary: 'List the refreshes of an identity profile',
      metadata: { scope: 'identity-profiles:read' },
      pathParams: idParams,
      query: listQuery(['queuedAt'], { status: z.enum(REFRESH_STATUSES).optional() }),
      responses: { 200: list(identityRefreshSchema), ...notFound },
    },
    getRefresh: {
      method: 'GET',
      path: '/identity-profiles/:id/refreshes/:refreshId',
      summary: 'Read one refresh, with its progress',
      metadata: { scope: 'identity-profiles:read', entityTag: true },
      pathParams: idParams.extend({ refreshId: id }),
      query: z.strictObject({}),
      responses: { 200: single(identityRefreshSchema), ...notFound },
    },
  },
  { commonResponses: failures },
);
