// A collection of the SailPoint-shaped surface on a table of its own, served as the API serves its own.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { initContract } from '@ts-rest/core';
import { createExpressEndpoints, initServer } from '@ts-rest/express';
import express from 'express';
import { pino } from 'pino';
import { z } from 'zod';
import { identifyCaller } from '../../api/auth/bearer.ts';
import { deriveApiKeys } from '../../api/auth/keys.ts';
import { createTokens } from '../../api/auth/tokens.ts';
import { endpointOptions } from '../../api/http/endpoint-options.ts';
import { errorHandler } from '../../api/http/error-handler.ts';
import { rateLimit } from '../../api/http/rate-limit.ts';
import { requestContext } from '../../api/http/request-context.ts';
import { unknownRoute } from '../../api/http/unknown-route.ts';
import { prepareSailPoint } from '../../api/sailpoint/prepare.ts';
import {
  type CollectionEndpoint,
  respondWithCollection,
} from '../../api/sailpoint/respond-with-collection.ts';
import { operationsOf } from '../../contracts/routes.ts';
import { collectionQuery, sailPointFailures } from '../../contracts/sailpoint/schemas.ts';
import type { Database } from '../../database/database.ts';
import { sql } from '../../database/sql.ts';
import { TEST_SECRET_KEY } from './api.ts';

const c = initContract();
const sample = z.object({ id: z.string(), name: z.string() });
const query = collectionQuery({ defaultFilter: z.enum(['CORRELATED_ONLY', 'NONE']).optional() });
const responses = { 200: z.array(sample), ...sailPointFailures };

const contract = c.router({
  samples: {
    method: 'GET',
    path: '/beta/samples',
    metadata: { scope: 'idn:identity:read' },
    query,
    responses,
  },
  guarded: {
    method: 'GET',
    path: '/v3/samples',
    metadata: { scope: 'idn:identity:read', authorities: ['ORG_ADMIN', 'API'] },
    query,
    responses,
  },
});

const SAMPLES: CollectionEndpoint<{ id: string; name: string }, z.infer<typeof sample>> = {
  fields: {
    id: { type: 'id', operators: ['eq', 'in'] },
    name: { type: 'text', operators: ['eq', 'sw'] },
  },
  collection: {
    columns: sql`p.id, p.name`,
    from: sql`sample p`,
    id: sql`p.id`,
    where: [],
    filters: { id: sql`p.id`, name: sql`lower(p.name)` },
    sorters: { name: { expression: sql`lower(p.name)` } },
  },
  toBody: ({ id, name }) => ({ id: id.replaceAll('-', ''), name }),
};

/** Makes the table with `names`, and serves it at /beta/samples and, for ORG_ADMIN and API alone, at /v3/samples. */
export async function serveSamples(
  { pool }: Database,
  names: string[],
  limits: { perMinute: number },
): Promise<{ url: string; close(): Promise<void> }> {
  await pool.query(
    'create table if not exists sample (id uuid primary key default uuidv7(), name text collate pg_c_utf8)',
  );
  await pool.query('truncate sample');
  await pool.query('insert into sample (name) select unnest($1::text[])', [names]);
  const logger = pino({ level: 'silent' });
  const app = express();
  const settings = {
    IDENTITY_CENTER_RATE_LIMIT_PER_MINUTE: limits.perMinute,
    IDENTITY_CENTER_RATE_LIMIT_PER_HOUR: 0,
  };
  const tokens = createTokens({ pool, key: deriveApiKeys(TEST_SECRET_KEY).token, tokenHours: 1 });
  app.use(requestContext(logger), identifyCaller(tokens), rateLimit(pool, settings));
  const serve = (input: Parameters<typeof respondWithCollection>[1]) =>
    respondWithCollection(pool, input, SAMPLES);
  const router = initServer().router(contract, { samples: serve, guarded: serve });
  createExpressEndpoints(contract, router, app, endpointOptions(contract, prepareSailPoint));
  app.use(unknownRoute(operationsOf(contract).map(({ route }) => route)));
  app.use(errorHandler(logger));
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
