// OAuth clients: list, make, delete.
import { initServer } from '@ts-rest/express';
import type { Request } from 'express';
import { clientSchema } from '../../contracts/clients.ts';
import { contract } from '../../contracts/index.ts';
import type { Authority, Scope } from '../../contracts/scopes.ts';
import {
  deleteOAuthClient,
  getOAuthClient,
  insertOAuthClient,
  listOAuthClients,
  type OAuthClientRow,
} from '../../database/queries/oauth-clients.ts';
import { clientSecretHash, newClientSecret } from '../auth/client-secrets.ts';
import { requirePrincipal } from '../auth/principal.ts';
import { requireMatch, sendTag } from '../http/entity-tag.ts';
import { orNotFound, type RouteDeps } from './route-dependencies.ts';

export function clientsRoutes(deps: RouteDeps) {
  const { pool } = deps.database;
  const existing = async (id: string) => shown(orNotFound(await getOAuthClient(pool, id), 'Client', id));
  return initServer().router(contract.clients, {
    list: (input) =>
      deps.respondWithList(input, {
        defaultSort: 'name',
        rowSchema: clientSchema,
        fileName: 'clients',
        read: async (page) => {
          const result = await listOAuthClients(pool, input.query, page);
          return { ...result, rows: result.rows.map(shown) };
        },
      }),
    create: async ({ req, res, body }) => {
      const { username } = requirePrincipal(req as Request);
      const clientSecret = newClientSecret();
      const id = await insertOAuthClient(pool, {
        name: body.name,
        secretHash: clientSecretHash(clientSecret),
        authorities: body.authorities ?? [],
        scopes: body.scopes ?? ['idn:identity:read'],
        createdBy: username,
      });
      deps.logger.info({ clientId: id, by: username }, 'an OAuth client was made');
      res.setHeader('Location', `/api/auth/clients/${id}`);
      return { status: 201, body: { data: { ...(await existing(id)), clientSecret } } };
    },
    get: async ({ params, res }) => {
      const client = await existing(params.id);
      sendTag(res, versionOf(client));
      return { status: 200, body: { data: client } };
    },
    delete: async ({ req, params }) => {
      requireMatch(req as Request, versionOf(await existing(params.id)));
      orNotFound((await deleteOAuthClient(pool, params.id)) || undefined, 'Client', params.id);
      deps.tokens.forget(params.id.toLowerCase());
      const { username } = requirePrincipal(req as Request);
      deps.logger.info({ clientId: params.id, by: username }, 'an OAuth client was deleted');
      return { status: 204, body: undefined };
    },
  });
}

/** Nobody can change a client, only delete it. */
function versionOf({ createdAt }: Pick<OAuthClientRow, 'createdAt'>): string {
  return String(Date.parse(createdAt));
}

/** What was given is checked when it is given. */
function shown(row: OAuthClientRow) {
  return { ...row, authorities: row.authorities as Authority[], scopes: row.scopes as Scope[] };
}
