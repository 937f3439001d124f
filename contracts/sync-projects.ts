// Sync projects: what is read from a connection, how, and the trigger that starts a run.
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
import { runSchema, SYNC_MODES } from './sync-history.ts';

const c = initContract();

export const PROJECT_SORTS = ['name', 'createdAt', 'updatedAt'] as const;

const scopeSchema = z.object({
  objectClass: z.string(),
  baseDn: z.string().nullable(),
  filter: z.string().nullable(),
});

const mappingSchema = z.object({
  target: z.string(),
  source: z.union([z.string(), z.array(z.string())]),
  objectClass: z.string().optional(),
});

const scheduleSchema = z.object({ cron: z.string(), timeZone: z.string() });

export const projectSchema = z
  .object({
    id,
    name: z.string(),
    description: z.string().nullable(),
    connectionId: id,
    enabled: z.boolean(),
    scopes: z.array(scopeSchema),
    attributeMappings: z.array(mappingSchema),
    defaultMode: z.enum(SYNC_MODES),
    idScanEveryRuns: z.number().int(),
    deleteThresholdPercent: z.number(),
    errorThreshold: z.number().int(),
    schedule: scheduleSchema.nullable(),
    nextRunAt: time.nullable(),
    overdueSince: time.nullable().meta({
      description: 'Since when it has gone longer without a completed run than its schedule promises.',
    }),
    lastRun: runSchema.nullable(),
    createdAt: time,
    updatedAt: time,
  })
  .meta({ title: 'SyncProject' });

const scopeInput = z.strictObject({
  objectClass: text(100, 1),
  baseDn: text(2_000, 1)
    .nullish()
    .transform((value) => value ?? null),
  filter: text(10_000, 1)
    .nullish()
    .transform((value) => value ?? null),
});

const attributeName = text(200);

const mappingInput = z.strictObject({
  target: text(100, 1),
  source: z.union([attributeName, z.array(attributeName).max(20)]),
  objectClass: text(100, 1).optional(),
});

const settings = {
  description: text(2_000).nullable().optional(),
  enabled: z.boolean().optional(),
  scopes: z.array(scopeInput).min(1).max(50).optional(),
  attributeMappings: z.array(mappingInput).max(200).optional(),
  defaultMode: z
    .enum(SYNC_MODES)
    .optional()
    .meta({ description: 'What a run does whose trigger names no mode.' }),
  idScanEveryRuns: z.number().int().min(0).max(1_000).optional().meta({
    description:
      'Every how many incremental runs all ids are compared with the source, which finds what was deleted, renamed with its container, or left the filter: 1 (the default) is each one, 0 never. Full runs always find them. In between, only what Active Directory records as deleted is removed, where the bind account may see that record.',
  }),
  deleteThresholdPercent: z.number().min(0).max(100).optional(),
  errorThreshold: z.number().int().min(0).max(1_000_000_000).optional(),
  schedule: z
    .strictObject({ cron: text(200, 1), timeZone: text(100, 1) })
    .nullable()
    .optional()
    .meta({
      description:
        '`cron` has five fields: minute, hour, day of month, month, day of week; `timeZone` is a name of the IANA database. Null ends the schedule.',
    }),
};

export const createProjectBody = z.strictObject({ name, connectionId: id, ...settings });
export const updateProjectBody = z.strictObject({ name: name.optional(), ...settings });

export const runBody = z
  .strictObject({
    mode: z.enum(SYNC_MODES).optional().meta({ description: "Default: the project's `defaultMode`." }),
    dryRun: z.boolean().optional().meta({
      description:
        'Reads everything and compares, and changes nothing; the counts and lists of the run tell what would change.',
    }),
    overrideDeleteThreshold: z.boolean().optional(),
    note: text(1_000).nullable().optional(),
  })
  .optional();

export const syncProjectsContract = c.router(
  {
    list: {
      method: 'GET',
      path: '/sync/projects',
      summary: 'List sync projects',
      metadata: { scope: 'sync:read' },
      query: listQuery(PROJECT_SORTS, {
        search: search.meta({ description: 'Part of the name.' }),
        connectionId: id.optional(),
        enabled: flag('Only projects that are switched on, or off.'),
      }),
      responses: { 200: list(projectSchema) },
    },
    create: {
      method: 'POST',
      path: '/sync/projects',
      summary: 'Create a sync project',
      description:
        "Without `scopes`, the connector's defaults: users and groups below the connection's bases.",
      metadata: { scope: 'sync:write' },
      query: z.strictObject({}),
      body: createProjectBody,
      responses: { 201: single(projectSchema), ...conflict, ...bodyFailures },
    },
    get: readOne(
      { path: '/sync/projects/:id', scope: 'sync:read', summary: 'Read one sync project' },
      projectSchema,
    ),
    update: {
      method: 'PATCH',
      path: '/sync/projects/:id',
      summary: 'Change a sync project',
      metadata: { scope: 'sync:write', entityTag: true },
      pathParams: idParams,
      query: z.strictObject({}),
      body: updateProjectBody,
      responses: { 200: single(projectSchema), ...notFound, ...conflict, ...stale, ...bodyFailures },
    },
    delete: {
      method: 'DELETE',
      path: '/sync/projects/:id',
      summary: 'Delete a sync project; objects that no other project claims are removed',
      description: '409 while a run of it is going. Its history stays.',
      metadata: { scope: 'sync:write', entityTag: true },
      pathParams: idParams,
      query: z.strictObject({}),
      responses: { 204: c.noBody(), ...notFound, ...conflict, ...stale },
    },
    run: {
      method: 'POST',
      path: '/sync/projects/:id/run',
      summary: 'Trigger a run',
      description:
        'Answers 202 with the queued run and its `Location`. Triggers that ask for the same join a run that is queued already. The run is written before anything else, so that it starts even if the workflow service is away at this moment.',
      metadata: { scope: 'sync:run' },
      pathParams: idParams,
      query: z.strictObject({}),
      body: runBody,
      responses: { 202: single(runSchema), ...notFound, ...conflict, ...bodyFailures },
    },
  },
  { commonResponses: failures },
);
