// Asks for a refresh: the row first, the workflow after, so that nothing is lost when either service dies in between.
import {
  getRefresh,
  queueRefresh,
  type RefreshRow,
} from '../database/queries/identity-profiles/refreshes.ts';
import { REFRESH_PERSONS_WORKFLOW, refreshPersonsStart } from '../workflows/identity-refresh-messages.ts';
import { wakeSignal } from '../workflows/messages.ts';
import { invalidRequest } from './http/validation-errors.ts';
import type { RouteDeps } from './routes/route-dependencies.ts';
import { CALL_TIMEOUT_MS, refuse } from './sync-trigger.ts';

const LONGEST_KEY = 200;

/**
 * The refresh that was queued, joined, or asked for with this key before; undefined where there is no such profile. A
 * workflow service that does not answer costs nothing but time: the sweep starts the workflow.
 */
export async function requestRefresh(
  deps: Pick<RouteDeps, 'database' | 'temporal' | 'settings' | 'logger'>,
  profile: { id: string },
  { requestedBy, key }: { requestedBy: string; key: string | undefined },
): Promise<RefreshRow | undefined> {
  if (key !== undefined && (key === '' || key.length > LONGEST_KEY))
    throw invalidRequest([
      { path: 'headers.idempotency-key', message: `must have 1 to ${LONGEST_KEY} characters` },
    ]);
  const { pool } = deps.database;
  const id = await queueRefresh(pool, { profileId: profile.id, requestedBy, key: key ?? null });
  if (id === undefined) return undefined;
  await wake(deps).catch((error: unknown) => {
    const { message } = error as Error;
    deps.logger.warn(
      { refreshId: id, message },
      'a refresh is queued and its workflow could not be told; it is repeated',
    );
  });
  return getRefresh(pool, profile.id, id);
}

/** Starts the workflow that refreshes persons, or wakes it; repeated at will. @throws AppError `unavailable` */
async function wake({ temporal, settings }: Pick<RouteDeps, 'temporal' | 'settings'>): Promise<void> {
  const client = await temporal.client();
  await client
    .withDeadline(Date.now() + CALL_TIMEOUT_MS, () =>
      client.workflow.signalWithStart(REFRESH_PERSONS_WORKFLOW, {
        ...refreshPersonsStart(settings.TEMPORAL_TASK_QUEUE),
        signal: wakeSignal,
        signalArgs: [],
      }),
    )
    .catch(refuse);
}
