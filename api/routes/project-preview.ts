// A project's preview: what its scopes and mappings would bring, shown before it is saved.
import { initServer } from '@ts-rest/express';
import { contract } from '../../contracts/index.ts';
import { ConnectionEntity } from '../../database/entities/connection.ts';
import { definitionOf, openConfig } from '../connection-config.ts';
import { withConnector } from '../connection-test.ts';
import { invalidRequest } from '../http/validation-errors.ts';
import { previewProject } from '../project-preview.ts';
import type { RouteDeps } from './route-dependencies.ts';
import { checkProject } from './sync-projects.ts';

/** A preview that takes longer is of no use to somebody who waits for it. */
const LIMIT_MS = 60_000;

export function projectPreviewRoutes(deps: RouteDeps) {
  return initServer().router(contract.projectPreview, {
    preview: async ({ body, res }) => {
      const em = deps.database.orm.em.fork();
      const connection = await em.findOne(ConnectionEntity, { id: body.connectionId });
      if (!connection)
        throw invalidRequest([{ path: 'body.connectionId', message: 'there is no connection with this ID' }]);
      const { id, type } = connection;
      const definition = definitionOf(deps.connectors, type);
      const scopes = body.scopes ?? definition.defaultScopes(connection.config);
      const mappings = body.attributeMappings ?? [];
      checkProject(definition, scopes, mappings);
      const opened = { id, type, config: openConfig(deps.secretBox, id, connection) };
      const preview = await withConnector(
        deps,
        opened,
        res,
        (connector, signal) => previewProject(connector, scopes, mappings, signal),
        LIMIT_MS,
      );
      return { status: 200, body: { data: preview } };
    },
  });
}
