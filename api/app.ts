// Puts the Express app together: who calls, how often they may, what they may do, and the contract's routes.
import { createExpressEndpoints } from '@ts-rest/express';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import { contract, sailPointContract } from '../contracts/index.ts';
import { operationsOf } from '../contracts/routes.ts';
import { identifyCaller } from './auth/bearer.ts';
import { createPasswordVerifier } from './auth/passwords.ts';
import { createTokens } from './auth/tokens.ts';
import type { AppDeps } from './dependencies.ts';
import { docsRouter } from './docs.ts';
import { trustProxy } from './http/client-address.ts';
import { endpointOptions } from './http/endpoint-options.ts';
import { errorHandler } from './http/error-handler.ts';
import { readBody } from './http/json-body.ts';
import { createListResponder } from './http/list-response.ts';
import { rateLimit } from './http/rate-limit.ts';
import { requestContext } from './http/request-context.ts';
import { securityHeaders } from './http/security-headers.ts';
import { unknownRoute } from './http/unknown-route.ts';
import { authRoutes } from './routes/auth.ts';
import { clientsRoutes } from './routes/clients.ts';
import { connectionFilesRoutes } from './routes/connection-files.ts';
import { connectionsRoutes } from './routes/connections.ts';
import { correlationRoutes } from './routes/correlation.ts';
import { groupsRoutes } from './routes/groups.ts';
import { identityProfilesRoutes } from './routes/identity-profiles.ts';
import { objectsRoutes } from './routes/objects.ts';
import { personsRoutes } from './routes/persons.ts';
import { projectPreviewRoutes } from './routes/project-preview.ts';
import type { RouteDeps } from './routes/route-dependencies.ts';
import { syncHistoryRoutes } from './routes/sync-history.ts';
import { syncProjectsRoutes } from './routes/sync-projects.ts';
import { systemRoutes } from './routes/system.ts';
import { usersRoutes } from './routes/users.ts';
import { createRunEvents } from './run-events.ts';
import { identitiesRoutes } from './sailpoint/identities.ts';
import { sailPointProfilesRoutes } from './sailpoint/identity-profiles.ts';
import { oauthRoutes } from './sailpoint/oauth.ts';
import { prepareSailPoint } from './sailpoint/prepare.ts';
import { createSyncSchedules } from './sync-schedules.ts';
import { createSyncTrigger } from './sync-trigger.ts';

/** The whole API as an Express app that listens to nothing yet. */
export function createApp(deps: AppDeps): Express {
  const { pool } = deps.database;
  const tokens = createTokens({
    pool,
    key: deps.keys.token,
    tokenHours: deps.settings.IDENTITY_CENTER_TOKEN_HOURS,
  });
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  trustProxy(app, deps.settings.TRUST_PROXY);
  app.use(requestContext(deps.logger), securityHeaders());
  const limit = rateLimit(pool, deps.settings);
  app.use(identifyCaller(tokens), countRefused(limit), limit);
  app.use('/api/docs', docsRouter());
  serveContract(app, {
    ...deps,
    tokens,
    passwords: createPasswordVerifier(),
    trigger: createSyncTrigger(deps.temporal, deps.settings.TEMPORAL_TASK_QUEUE),
    schedules: createSyncSchedules(deps),
    runEvents: createRunEvents({ pool, logger: deps.logger, ...(deps.ending && { ending: deps.ending }) }),
    respondWithList: createListResponder(deps.keys.cursor, pool, deps.logger),
  });
  return app;
}

/** A request whose caller could not be told is counted all the same, by its address. */
function countRefused(limit: RequestHandler): ErrorRequestHandler {
  return (error: unknown, request, response, next) =>
    limit(request, response, (limited?: unknown) => next(limited ?? error));
}

function serveContract(app: Express, deps: RouteDeps): void {
  const router = {
    auth: authRoutes(deps),
    clients: clientsRoutes(deps),
    users: usersRoutes(deps),
    groups: groupsRoutes(deps),
    objects: objectsRoutes(deps),
    correlation: correlationRoutes(deps),
    persons: personsRoutes(deps),
    identityProfiles: identityProfilesRoutes(deps),
    connections: connectionsRoutes(deps),
    connectionFiles: connectionFilesRoutes(deps),
    syncProjects: syncProjectsRoutes(deps),
    projectPreview: projectPreviewRoutes(deps),
    syncHistory: syncHistoryRoutes(deps),
    system: systemRoutes(deps),
  };
  createExpressEndpoints(contract, router, app, endpointOptions(contract, readBody));
  createExpressEndpoints(
    sailPointContract,
    {
      oauth: oauthRoutes(deps),
      identities: identitiesRoutes(deps),
      identityProfiles: sailPointProfilesRoutes(deps),
    },
    app,
    endpointOptions(sailPointContract, prepareSailPoint),
  );
  const operations = [...operationsOf(contract), ...operationsOf(sailPointContract)];
  app.use(unknownRoute(operations.map(({ route }) => route)));
  app.use(errorHandler(deps.logger));
}
