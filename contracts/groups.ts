// Groups and who is in them.
import { initContract } from '@ts-rest/core';
import { z } from 'zod';
import { readOne } from './operations.ts';
import {
  conflict,
  failures,
  flag,
  id,
  idParams,
  instant,
  list,
  listQuery,
  notFound,
  search,
  time,
} from './schemas.ts';

const c = initContract();

export const GROUP_SORTS = ['name', 'email', 'memberCount', 'firstSeenAt', 'updatedAt'] as const;

export const groupSchema = z
  .object({
    id,
    connectionId: id,
    sourceId: z.string(),
    distinguishedName: z.string().nullable(),
    name: z.string(),
    description: z.string().nullable(),
    email: z.string().nullable(),
    groupType: z.string().nullable(),
    ownerId: id.nullable(),
    memberCount: z.number().int(),
    isActive: z.boolean(),
    sourceCreatedAt: time.nullable(),
    sourceChangedAt: time.nullable(),
    firstSeenAt: time,
    lastSeenAt: time,
    updatedAt: time,
    removedAt: time.nullable(),
  })
  .meta({ title: 'Group' });

export const memberSchema = z
  .object({
    id: id.nullable().meta({ description: 'null where this connection does not hold the member.' }),
    objectClass: z.string().nullable(),
    name: z.string(),
    distinguishedName: z.string().nullable(),
    isActive: z.boolean().nullable(),
    direct: z.boolean(),
    path: z.array(id).meta({
      description:
        'Ids from the member to the group, the shortest way; a member that the connection does not hold is left out.',
    }),
  })
  .meta({ title: 'Member' });

export const membershipFilters = {
  transitive: flag('Nested memberships too, each once, with the shortest path.'),
  asOf: instant(
    'The moment to answer for: memberships, names, distinguished names and `isActive` as they were. 409 before the first completed run of the connection.',
  ),
};

export const groupsContract = c.router(
  {
    list: {
      method: 'GET',
      path: '/groups',
      summary: 'List groups',
      metadata: { scope: 'groups:read' },
      query: listQuery(GROUP_SORTS, {
        search: search.meta({ description: 'Part of the name, email or account name.' }),
        connectionId: id.optional(),
        includeRemoved: flag('Show what has gone from its source as well.'),
      }),
      responses: { 200: list(groupSchema) },
    },
    get: readOne({ path: '/groups/:id', scope: 'groups:read', summary: 'Read one group' }, groupSchema),
    members: {
      method: 'GET',
      path: '/groups/:id/members',
      summary: 'Members of a group',
      metadata: { scope: 'groups:read' },
      pathParams: idParams,
      query: listQuery(['name'], membershipFilters),
      responses: { 200: list(memberSchema), ...notFound, ...conflict },
    },
  },
  { commonResponses: failures },
);
