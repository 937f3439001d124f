// Users, with their groups, attributes and changes.
import { initContract } from '@ts-rest/core';
import { z } from 'zod';
import { groupSchema, membershipFilters } from './groups.ts';
import { detailsOf } from './objects.ts';
import { readOne } from './operations.ts';
import {
  conflict,
  failures,
  flag,
  id,
  idParams,
  list,
  listQuery,
  notFound,
  search,
  text,
  time,
} from './schemas.ts';

const c = initContract();

export const USER_SORTS = [
  'displayName',
  'givenName',
  'surname',
  'accountName',
  'userPrincipalName',
  'email',
  'employeeId',
  'department',
  'title',
  'company',
  'status',
  'lastLogonAt',
  'sourceCreatedAt',
  'firstSeenAt',
  'updatedAt',
] as const;

const optionalText = z.string().nullable();

export const userSchema = z
  .object({
    id,
    connectionId: id,
    personId: id.nullable(),
    sourceId: z.string(),
    distinguishedName: optionalText,
    accountName: optionalText,
    userPrincipalName: optionalText,
    displayName: z.string(),
    givenName: optionalText,
    surname: optionalText,
    email: optionalText,
    employeeId: optionalText,
    department: optionalText,
    title: optionalText,
    company: optionalText,
    phone: optionalText,
    managerId: id.nullable(),
    status: z.enum(['active', 'disabled']),
    isActive: z.boolean(),
    lastLogonAt: time.nullable(),
    passwordLastSetAt: time.nullable(),
    accountExpiresAt: time.nullable(),
    sourceCreatedAt: time.nullable(),
    sourceChangedAt: time.nullable(),
    firstSeenAt: time,
    lastSeenAt: time,
    updatedAt: time,
    removedAt: time.nullable(),
  })
  .meta({ title: 'User' });

export const userGroupSchema = z
  .object({
    ...groupSchema.shape,
    direct: z.boolean(),
    path: z.array(id).meta({ description: 'Ids from the user to the group, the shortest way.' }),
  })
  .meta({ title: 'UserGroup' });

export const usersContract = c.router(
  {
    list: {
      method: 'GET',
      path: '/users',
      summary: 'List users',
      description: 'Without `sort`, a search ranks matches at the beginning of a field first.',
      metadata: { scope: 'users:read' },
      query: listQuery(USER_SORTS, {
        search: search.meta({
          description: 'Part of the name, email or account name; one or two letters match beginnings only.',
        }),
        department: text(500).optional(),
        status: z.enum(['active', 'disabled', 'all']).optional().meta({ default: 'all' }),
        connectionId: id.optional(),
        includeRemoved: flag('Show what has gone from its source as well.'),
      }),
      responses: { 200: list(userSchema) },
    },
    get: readOne({ path: '/users/:id', scope: 'users:read', summary: 'Read one user' }, userSchema),
    groups: {
      method: 'GET',
      path: '/users/:id/groups',
      summary: 'Groups that a user is in',
      metadata: { scope: 'users:read' },
      pathParams: idParams,
      query: listQuery(['name', 'memberCount'], membershipFilters),
      responses: { 200: list(userGroupSchema), ...notFound, ...conflict },
    },
    ...detailsOf({ path: '/users/:id', scope: 'users:read' }),
  },
  { commonResponses: failures },
);
