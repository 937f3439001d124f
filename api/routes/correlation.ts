// Correlation: the cases that wait for a decision.
import { initServer } from '@ts-rest/express';
import type { Request } from 'express';
import { correlationCaseSchema } from '../../contracts/correlation.ts';
import { contract } from '../../contracts/index.ts';
import { getCase, listCases, resolveCase } from '../../database/queries/persons/correlation-cases.ts';
import { decide } from '../decide.ts';
import { orNotFound, type RouteDeps } from './route-dependencies.ts';

const CASE = 'Correlation case';

export function correlationRoutes(deps: RouteDeps) {
  const { pool } = deps.database;
  return initServer().router(contract.correlation, {
    cases: (input) =>
      deps.respondWithList(input, {
        defaultSort: 'createdAt',
        rowSchema: correlationCaseSchema,
        fileName: 'correlation-cases',
        read: (page) => listCases(pool, input.query, page),
      }),
    resolveCase: async ({ req, params, body }) => {
      const { id } = params;
      const found = await decide(deps, req as unknown as Request, (client, by) =>
        resolveCase(client, id, { personId: body.personId ?? null, by }),
      );
      orNotFound(found || undefined, CASE, id);
      return { status: 200, body: { data: orNotFound(await getCase(pool, id), CASE, id) } };
    },
  });
}
