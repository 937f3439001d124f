// Connections: source systems, their settings and their tests.
import { initContract } from '@ts-rest/core';
import { z } from 'zod';
import { readOne } from './operations.ts';
import {
  bodyFailures,
  conflict,
  failures,
  id,
  idParams,
  list,
  listQuery,
  name,
  notFound,
  search,
  single,
  sourceFailures,
  stale,
  text,
  time,
} from './schemas.ts';

const c = initContract();

export const CONNECTION_SORTS = ['name', 'type', 'status', 'createdAt', 'updatedAt'] as const;
export const CONNECTION_STATUSES = ['untested', 'ok', 'failed'] as const;
export const CONNECTION_CHECKS = ['resolve', 'connect', 'tls', 'bind', 'base', 'read'] as const;
export const CONNECTION_TYPES = ['ldap', 'active-directory', 'csv', 'scim', 'sql'] as const;

const configSchema = z.record(z.string(), z.unknown()).meta({
  description:
    'Depends on the type. Secrets are accepted as text, kept encrypted and shown as `{ "set": true }` or `{ "set": false }`.',
});

export const connectionSchema = z
  .object({
    id,
    name: z.string(),
    type: z.string(),
    config: configSchema,
    status: z.enum(CONNECTION_STATUSES),
    lastTestedAt: time.nullable(),
    lastTestMessage: z.string().nullable(),
    objectCount: z.number().int(),
    createdAt: time,
    updatedAt: time,
  })
  .meta({ title: 'Connection' });

const testSchema = z
  .object({
    ok: z.boolean(),
    checks: z.array(
      z.object({
        name: z.enum(CONNECTION_CHECKS),
        ok: z.boolean(),
        message: z.string(),
        durationMs: z.number(),
      }),
    ),
    serverInfo: z.record(z.string(), z.union([z.string(), z.array(z.string())])),
  })
  .meta({ title: 'ConnectionTest' });

const sourceAttributeSchema = z
  .object({
    name: z.string(),
    multiValued: z.boolean(),
    binary: z.boolean(),
    objectClasses: z.array(z.string()),
  })
  .meta({ title: 'SourceAttribute' });

const type = z.enum(CONNECTION_TYPES);

export const connectionsContract = c.router(
  {
    list: {
      method: 'GET',
      path: '/connections',
      summary: 'List connections',
      metadata: { scope: 'connections:read' },
      query: listQuery(CONNECTION_SORTS, {
        search: search.meta({ description: 'Part of the name.' }),
        type: type.optional(),
        status: z.enum(CONNECTION_STATUSES).optional(),
      }),
      responses: { 200: list(connectionSchema) },
    },
    create: {
      method: 'POST',
      path: '/connections',
      summary: 'Create a connection',
      metadata: { scope: 'connections:write' },
      query: z.strictObject({}),
      body: z.strictObject({ name, type, config: configSchema }),
      responses: { 201: single(connectionSchema), ...conflict, ...bodyFailures },
    },
    testUnsaved: {
      method: 'POST',
      path: '/connections/test',
      summary: 'Test settings before they are saved',
      description:
        'With the `id` of a saved connection, secrets that are left out are taken from it, as long as nothing that says where they are sent is changed.',
      metadata: { scope: 'connections:write' },
      query: z.strictObject({}),
      body: z.strictObject({ type, config: configSchema, id: id.optional(), name: text(200).optional() }),
      responses: { 200: single(testSchema), ...notFound, ...bodyFailures },
    },
    get: readOne(
      { path: '/connections/:id', scope: 'connections:read', summary: 'Read one connection' },
      connectionSchema,
    ),
    update: {
      method: 'PATCH',
      path: '/connections/:id',
      summary: 'Change a connection',
      description:
        'Fields of `config` that are left out stay as they are; null takes one back to its default. Changing where a secret is sent requires the secret again. 409 for a new name where identity profiles name it by the old one in their transforms.',
      metadata: { scope: 'connections:write', entityTag: true },
      pathParams: idParams,
      query: z.strictObject({}),
      body: z.strictObject({ name: name.optional(), config: configSchema.optional() }),
      responses: { 200: single(connectionSchema), ...notFound, ...conflict, ...stale, ...bodyFailures },
    },
    delete: {
      method: 'DELETE',
      path: '/connections/:id',
      summary: 'Delete a connection and all that came from it',
      description:
        '409 while sync projects use it, or identity profiles name it as their source or in their transforms. Persons who have no other account are gone with it.',
      metadata: { scope: 'connections:write', entityTag: true },
      pathParams: idParams,
      query: z.strictObject({}),
      responses: { 204: c.noBody(), ...notFound, ...conflict, ...stale },
    },
    test: {
      method: 'POST',
      path: '/connections/:id/test',
      summary: 'Test a connection',
      description: 'A connection that fails is an answer (`ok: false`), not an HTTP error.',
      metadata: { scope: 'connections:write' },
      pathParams: idParams,
      query: z.strictObject({}),
      body: z.strictObject({}).optional(),
      responses: { 200: single(testSchema), ...notFound, ...bodyFailures },
    },
    schema: {
      method: 'GET',
      path: '/connections/:id/schema',
      summary: 'Attributes that the source knows',
      metadata: { scope: 'connections:read' },
      pathParams: idParams,
      query: listQuery(['name'], {}),
      responses: { 200: list(sourceAttributeSchema), ...notFound, ...conflict, ...sourceFailures },
    },
  },
  { commonResponses: failures },
);
