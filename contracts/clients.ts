// OAuth clients: the programs that get tokens at POST /oauth/token.
import { initContract } from '@ts-rest/core';
import { z } from 'zod';
import { readOne } from './operations.ts';
import {
  bodyFailures,
  failures,
  id,
  idParams,
  list,
  listQuery,
  name,
  notFound,
  search,
  single,
  stale,
  time,
} from './schemas.ts';
import { AUTHORITIES, CLIENT_SCOPES, SCOPES } from './scopes.ts';

const c = initContract();

export const clientSchema = z
  .object({
    id,
    clientId: z.string().meta({ description: 'The `id` without hyphens.' }),
    name: z.string(),
    authorities: z.array(z.enum(AUTHORITIES)),
    scopes: z.array(z.enum(SCOPES)),
    createdBy: z.string(),
    createdAt: time,
    lastUsedAt: time.nullable().meta({ description: 'When it was last given a token.' }),
  })
  .meta({ title: 'OAuthClient' });

const newClientSchema = z
  .object({ ...clientSchema.shape, clientSecret: z.string() })
  .meta({ title: 'NewOAuthClient' });

function unique<Item extends string>(values: readonly Item[]) {
  return z
    .array(z.enum(values as readonly [Item, ...Item[]]))
    .refine((items) => new Set(items).size === items.length, 'must not have the same value twice');
}

export const clientsContract = c.router(
  {
    list: {
      method: 'GET',
      path: '/auth/clients',
      summary: 'List OAuth clients',
      metadata: { scope: 'clients:read' },
      query: listQuery(['name', 'createdAt', 'lastUsedAt'], {
        search: search.meta({ description: 'Part of the name.' }),
      }),
      responses: { 200: list(clientSchema) },
    },
    create: {
      method: 'POST',
      path: '/auth/clients',
      summary: 'Make an OAuth client',
      description: 'The answer alone has `clientSecret`: it is kept as a hash, and never shown again.',
      metadata: { scope: 'clients:write' },
      query: z.strictObject({}),
      body: z.strictObject({
        name,
        authorities: unique(AUTHORITIES).optional().meta({
          description: 'None when they are left out; identity profiles need one.',
        }),
        scopes: unique(CLIENT_SCOPES).min(1).optional().meta({
          description: '`idn:identity:read` when they are left out.',
        }),
      }),
      responses: { 201: single(newClientSchema), ...bodyFailures },
    },
    get: readOne(
      { path: '/auth/clients/:id', scope: 'clients:read', summary: 'Read one OAuth client' },
      clientSchema,
    ),
    delete: {
      method: 'DELETE',
      path: '/auth/clients/:id',
      summary: 'Delete an OAuth client, and with it all its tokens',
      metadata: { scope: 'clients:write', entityTag: true },
      pathParams: idParams,
      query: z.strictObject({}),
      responses: { 204: c.noBody(), ...notFound, ...stale },
    },
  },
  { commonResponses: failures },
);
