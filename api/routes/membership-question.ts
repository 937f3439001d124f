// What `transitive` and `asOf` ask for, below /users and below /groups; refuses moments of which nothing is known.
import type { MembershipQuestion } from '../../database/queries/membership-graph.ts';
import { historyBegin } from '../../database/queries/moment.ts';
import { AppError } from '../../domain/app-error.ts';
import { invalidRequest } from '../http/validation-errors.ts';
import type { RouteDeps } from './route-dependencies.ts';

interface Asked {
  transitive?: boolean | undefined;
  asOf?: Date | undefined;
}

/**
 * @param object whose memberships are asked for.
 * @throws AppError `invalid_request` for a moment to come, `conflict` for one before the first completed run.
 */
export async function membershipQuestion(
  deps: RouteDeps,
  object: { connectionId: string },
  asked: Asked,
): Promise<MembershipQuestion> {
  const { connectionId } = object;
  const asOf = asked.asOf ?? null;
  if (asOf) await checkMoment(deps, connectionId, asOf);
  return { connectionId, transitive: asked.transitive ?? false, asOf };
}

async function checkMoment(deps: RouteDeps, connectionId: string, asOf: Date): Promise<void> {
  if (asOf.getTime() > Date.now())
    throw invalidRequest([
      { path: 'query.asOf', message: 'must not lie in the future; leave it out to ask about now' },
    ]);
  const begin = await historyBegin(deps.database.pool, connectionId);
  if (begin && asOf >= begin) return;
  throw new AppError(
    'conflict',
    begin
      ? `Nothing is known of ${asOf.toISOString()}: the first completed run of this connection is of ${begin.toISOString()}.`
      : 'Nothing is known of the past: no run of this connection has completed yet.',
  );
}
