// Persons: whom the accounts of all connections belong to.
import { initContract } from '@ts-rest/core';
import { z } from 'zod';
import { objectSchema } from './objects.ts';
import { readOne } from './operations.ts';
import { failures, flag, id, idParams, list, listQuery, notFound, search, time } from './schemas.ts';

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
export const LINK_ACTIONS = ['linked', 'unlinked', 'merged', 'split'] as const;

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
    identityProfileId: id.nullable(),
    attributes: z
      .record(z.string(), z.unknown())
      .meta({ description: 'What the identity profile worked out.' }),
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

export const linkEventSchema = z
  .object({
    id,
    at: time,
    action: z.enum(LINK_ACTIONS),
    objectId: id,
    connectionId: id,
    rule: optionalText,
    confidence: z.number().int().nullable(),
    by: optionalText.meta({ description: 'Who decided it; null for a run.' }),
    runId: id.nullable(),
  })
  .meta({ title: 'LinkEvent' });

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
      }),
      responses: { 200: list(personSchema) },
    },
    get: readOne({ path: '/persons/:id', scope: 'persons:read', summary: 'Read one person' }, personSchema),
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
      summary: 'Which accounts came and went, newest first',
      description: 'Also of a person that was merged into another one.',
      metadata: { scope: 'persons:read' },
      pathParams: idParams,
      query: listQuery(['at'], {}),
      responses: { 200: list(linkEventSchema), ...notFound },
    },
  },
  { commonResponses: failures },
);
