// Objects of any class: users and groups are objects too, with the same id on both.
import { initContract } from '@ts-rest/core';
import { z } from 'zod';
import { readOne } from './operations.ts';
import {
  failures,
  flag,
  id,
  idParams,
  instant,
  list,
  listQuery,
  notFound,
  search,
  text,
  time,
} from './schemas.ts';
import type { Scope } from './scopes.ts';

const c = initContract();

export const OBJECT_SORTS = ['name', 'objectClass', 'distinguishedName', 'firstSeenAt', 'updatedAt'] as const;

export const objectSchema = z
  .object({
    id,
    connectionId: id,
    personId: id.nullable(),
    sourceId: z.string(),
    objectClass: z.string(),
    distinguishedName: z.string().nullable(),
    name: z.string(),
    accountName: z.string().nullable(),
    email: z.string().nullable(),
    description: z.string().nullable(),
    status: z.enum(['active', 'disabled']),
    isActive: z.boolean(),
    sourceCreatedAt: time.nullable(),
    sourceChangedAt: time.nullable(),
    firstSeenAt: time,
    lastSeenAt: time,
    updatedAt: time,
    removedAt: time.nullable(),
  })
  .meta({ title: 'DirectoryObject' });

export const attributeSchema = z
  .object({
    name: z.string(),
    values: z.array(z.string()).meta({ description: 'Text, or base64 where `binary` is true.' }),
    binary: z.boolean(),
  })
  .meta({ title: 'Attribute' });

const values = z.array(z.string()).nullable();

export const changeKind = z.enum(['created', 'updated', 'removed', 'reactivated']);

export const changeSchema = z
  .object({
    id,
    runId: id.nullable(),
    at: time,
    kind: changeKind,
    attributes: z.array(z.object({ name: z.string(), before: values, after: values })),
  })
  .meta({ title: 'Change' });

/** Which changes are wanted; of an object and of a run. */
export const changeFilters = {
  kind: changeKind.optional(),
  since: instant('Changes at this time or after it.'),
  until: instant('Changes before this time.'),
};

/** The lists that an object of any class has, below its path. */
export function detailsOf<const Path extends string>({ path, scope }: { path: Path; scope: Scope }) {
  const about = { method: 'GET' as const, metadata: { scope }, pathParams: idParams };
  return {
    attributes: {
      ...about,
      path: `${path}/attributes` as const,
      summary: 'All attributes that the source sent',
      query: listQuery(['name'], {}),
      responses: { 200: list(attributeSchema), ...notFound },
    },
    changes: {
      ...about,
      path: `${path}/changes` as const,
      summary: 'What changed at the source, newest first',
      query: listQuery(['at'], changeFilters),
      responses: { 200: list(changeSchema), ...notFound },
    },
  };
}

export const objectsContract = c.router(
  {
    list: {
      method: 'GET',
      path: '/objects',
      summary: 'List objects of all classes',
      metadata: { scope: 'objects:read' },
      query: listQuery(OBJECT_SORTS, {
        objectClass: text(200, 1)
          .optional()
          .meta({ description: 'user, group, computer, contact, organizationalUnit, …' }),
        connectionId: id.optional(),
        search: search.meta({ description: 'Part of the name or of the distinguished name.' }),
        isActive: flag('Only active, or only disabled objects.'),
        includeRemoved: flag('Show what has gone from its source as well.'),
      }),
      responses: { 200: list(objectSchema) },
    },
    get: readOne({ path: '/objects/:id', scope: 'objects:read', summary: 'Read one object' }, objectSchema),
    ...detailsOf({ path: '/objects/:id', scope: 'objects:read' }),
  },
  { commonResponses: failures },
);
