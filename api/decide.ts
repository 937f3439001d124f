// Carries out what a person decided about accounts or rules, and tells the accounts that it concerns.
import type { Request } from 'express';
import type pg from 'pg';
import { correlateDecisions } from '../database/queries/correlation/correlate-decisions.ts';
import { inTurn } from '../database/queries/correlation/lock.ts';
import { requirePrincipal } from './auth/principal.ts';
import { requestId } from './http/request-context.ts';
import type { RouteDeps } from './routes/route-dependencies.ts';

/**
 * Runs `work`, given who decides, in one transaction, after `first` has locked what it has to before its turn. The
 * accounts that share something with those that were decided about are evaluated afterwards.
 */
export async function decide<T>(
  deps: Deciding,
  request: Request,
  work: (client: pg.PoolClient, by: string) => Promise<T>,
  first?: (client: pg.PoolClient) => Promise<unknown>,
): Promise<T> {
  const { username } = requirePrincipal(request);
  const result = await inTurn(deps.database.pool, (client) => work(client, username), first);
  await correlateSoon(deps, request);
  return result;
}

type Deciding = Pick<RouteDeps, 'database' | 'logger'>;

/**
 * Evaluates what was left for correlation, where that is cheap. What fails, or is more, the next run does: what was
 * decided holds in any case.
 */
export async function correlateSoon(deps: Deciding, request: Request): Promise<void> {
  await correlateDecisions(deps.database.pool).catch((error: unknown) => {
    const { message } = error as Error;
    deps.logger.warn({ requestId: requestId(request), message }, 'accounts are left to the next correlation');
  });
}
