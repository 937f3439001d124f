// Carries out what a person decided about accounts or rules, and tells the accounts that it concerns.
import type { Request } from 'express';
import type pg from 'pg';
import { correlateDecisions } from '../database/queries/correlation/correlate-decisions.ts';
import { inTurn } from '../database/queries/correlation/lock.ts';
import { requirePrincipal } from './auth/principal.ts';
import { requestId } from './http/request-context.ts';
import type { RouteDeps } from './routes/route-dependencies.ts';

/**
 * Runs `work`, given who decides, in one transaction. The accounts that share something with those that were decided
 * about are evaluated afterwards: here, or by the next run where that fails, since the decision holds in any case.
 */
export async function decide<T>(
  deps: Pick<RouteDeps, 'database' | 'logger'>,
  request: Request,
  work: (client: pg.PoolClient, by: string) => Promise<T>,
): Promise<T> {
  const { pool } = deps.database;
  const { username } = requirePrincipal(request);
  const result = await inTurn(pool, (client) => work(client, username));
  await correlateDecisions(pool).catch((error: unknown) => {
    const { message } = error as Error;
    deps.logger.warn(
      { requestId: requestId(request), message },
      'a decision is left to the next correlation',
    );
  });
  return result;
}
