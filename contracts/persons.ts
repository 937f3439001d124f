// Persons: whom the accounts of all connections belong to.
import { initContract } from '@ts-rest/core';
import { z } from 'zod';
import { objectSchema } from './objects.ts';
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
  notFound,
  search,
  single,
  stale,
  time,
} from './schemas.ts';

const c = initContract();

export const PERSON_SORTS = [
  'displayName',
  'givenName',
  'surname',
  'email',
  'employeeId',
  'department',
  'title',
  'status',
  'createdAt',
  'updatedAt',
] as const;
export const PERSON_STATUSES = ['active', 'inactive', 'terminated'] as const;
export const PROCESSING_STATES = ['ERROR', 'OK'] as const;
export const PERSON_ACTIONS = ['linked', 'unlinked', 'merged', 'split', 'lifecycle'] as const;

const optionalText = z.string().nullable();

export const personSchema = z
  .object({
    id,
    displayName: z.string(),
    givenName: optionalText,
    surname: optionalText,
    email: optionalText,
    employeeId: optionalText,
    department: optionalText,
    title: optionalText,
    managerId: id.nullable().meta({ description: 'A person.' }),
    status: z.enum(PERSON_STATUSES),
    lifecycleState: z.enum(PERSON_STATUSES),
    lifecycleManuallyUpdated: z.boolean().meta({
      description: 'Whether `lifecycleState` was set by hand; else it is that of the leading account.',
    }),
    identityProfileId: id.nullable(),
    attributes: z
      .record(z.string(), z.unknown())
      .meta({ description: 'What the identity profile worked out.' }),
    processingState: z.enum(PROCESSING_STATES).nullable().meta({
      description: 'What came of the last refresh; null before the first.',
    }),
    processingErrors: z.array(z.object({ attribute: z.string(), message: z.string() })).meta({
      description:
        'Why: of each identity attribute that stays as it was; `refresh` where all of the person does.',
    }),
    lastRefreshAt: time.nullable(),
    objectCount: z.number().int().meta({ description: 'Present accounts.' }),
    createdAt: time,
    updatedAt: time,
  })
  .meta({ title: 'Person' });

export const linkSchema = z.object({
  rule: z.string().meta({
    description: 'The rule that found the person, `own person` where none did, or `by hand`.',
  }),
  confidence: z.number().int(),
  manual: z.boolean().meta({ description: 'No run changes such a link.' }),
  linkedAt: time,
  linkedBy: optionalText.meta({ description: 'Who linked it; null for a run.' }),
});

export const personObjectSchema = z
  .object({ ...objectSchema.shape, link: linkSchema })
  .meta({ title: 'PersonObject' });

export const personEventSchema = z
  .object({
    id,
    at: time,
    action: z.enum(PERSON_ACTIONS),
    objectId: id.nullable().meta({ description: 'The account; null for `lifecycle`.' }),
    connectionId: id.nullable(),
    rule: optionalText,
    confidence: z.number().int().nullable(),
    lifecycleState: z.enum(PERSON_STATUSES).nullable().meta({
      description: 'What was set by hand; null where it was given back to the accounts.',
    }),
    by: optionalText.meta({ description: 'Who decided it; null for a run.' }),
    runId: id.nullable(),
  })
  .meta({ title: 'PersonEvent' });

const decision = {
  metadata: { scope: 'persons:write' },
  pathParams: idParams,
  query: z.strictObject({}),
} as const;

export const personsContract = c.router(
  {
    list: {
      method: 'GET',
      path: '/persons',
      summary: 'List persons',
      description: 'Without `sort`, a search ranks matches at the beginning of a field first.',
      metadata: { scope: 'persons:read' },
      query: listQuery(PERSON_SORTS, {
        search: search.meta({
          description:
            'Part of the name, email, account name or employee id; one or two letters match beginnings only.',
        }),
        status: z
          .enum([...PERSON_STATUSES, 'all'])
          .optional()
          .meta({ default: 'all' }),
        connectionId: id.optional().meta({ description: 'Only persons with an account there.' }),
        identityProfileId: id.optional(),
        processingState: z.enum(PROCESSING_STATES).optional().meta({
          description: '`ERROR`: persons of whom the last refresh could not compute something.',
        }),
      }),
      responses: { 200: list(personSchema) },
    },
    get: readOne({ path: '/persons/:id', scope: 'persons:read', summary: 'Read one person' }, personSchema),
    update: {
      ...decision,
      method: 'PATCH',
      path: '/persons/:id',
      summary: 'Set the lifecycle state of a person by hand, or give it back',
      description:
        'No account changes it then. With null, it is that of the leading account again. With `If-Match`, 412 where the person was changed since its `ETag` was read.',
      metadata: { scope: 'persons:write', entityTag: true },
      body: z.strictObject({ lifecycleState: z.enum(PERSON_STATUSES).nullable().optional() }),
      responses: { 200: single(personSchema), ...notFound, ...stale, ...bodyFailures },
    },
    objects: {
      method: 'GET',
      path: '/persons/:id/objects',
      summary: 'The accounts of a person, with what linked them',
      metadata: { scope: 'persons:read' },
      pathParams: idParams,
      query: listQuery(['name', 'linkedAt'], {
        includeRemoved: flag('Show what has gone from its source as well.'),
      }),
      responses: { 200: list(personObjectSchema), ...notFound },
    },
    history: {
      method: 'GET',
      path: '/persons/:id/history',
      summary: 'Which accounts came and went, and what else people decided, newest first',
      description: 'Also of a person that was merged into another one.',
      metadata: { scope: 'persons:read' },
      pathParams: idParams,
      query: listQuery(['at'], {}),
      responses: { 200: list(personEventSchema), ...notFound },
    },
    link: {
      ...decision,
      method: 'POST',
      path: '/persons/:id/links',
      summary: 'Link an account to a person by hand, whomever it belonged to',
      description: 'No run undoes it.',
      body: z.strictObject({ objectId: id }),
      responses: { 200: single(personObjectSchema), ...notFound, ...bodyFailures },
    },
    unlink: {
      ...decision,
      method: 'DELETE',
      path: '/persons/:id/links/:objectId',
      summary: 'Take an account from a person; it becomes a person of its own',
      description:
        'Answers with that person. No run undoes it. 409 for the only account of a person. `If-Match` takes the `ETag` of the person that it is taken from.',
      metadata: { scope: 'persons:write', entityTag: true },
      pathParams: z.object({ id, objectId: id }),
      responses: { 200: single(personSchema), ...notFound, ...conflict, ...stale },
    },
    merge: {
      ...decision,
      method: 'POST',
      path: '/persons/:id/merge',
      summary: 'Move all accounts of another person to this one',
      description: 'The other person is gone then; its ID leads to this one. No run undoes it.',
      body: z.strictObject({ personId: id.meta({ description: 'The other person.' }) }),
      responses: { 200: single(personSchema), ...notFound, ...bodyFailures },
    },
    split: {
      ...decision,
      method: 'POST',
      path: '/persons/:id/split',
      summary: 'Make a person of their own of some accounts',
      description: 'Answers with that person. No run undoes it. 409 where no account would stay.',
      body: z.strictObject({ objectIds: z.array(id).min(1).max(1_000) }),
      responses: { 201: single(personSchema), ...notFound, ...conflict, ...bodyFailures },
    },
  },
  { commonResponses: failures },
);
