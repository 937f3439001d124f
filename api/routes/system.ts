// Health and the machine-readable contract.
import { initServer } from '@ts-rest/express';
import { contract } from '../../contracts/index.ts';
import { createOpenApiDocument } from '../../contracts/openapi.ts';
import { createHealthCheck } from '../health.ts';
import type { RouteDeps } from './route-dependencies.ts';

export function systemRoutes(deps: RouteDeps) {
  const checkHealth = createHealthCheck(deps);
  let document: ReturnType<typeof createOpenApiDocument> | undefined;
  return initServer().router(contract.system, {
    health: async () => {
      const health = await checkHealth();
      return { status: health.status === 'unhealthy' ? 503 : 200, body: health };
    },
    openapi: async () => {
      document ??= createOpenApiDocument(deps.version);
      return { status: 200, body: document };
    },
  });
}
