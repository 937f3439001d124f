// Asks for a refresh: the row first, the workflow after, so that a wake-up finds what it is for.
import {
  getRefresh,
  queueRefresh,
  type RefreshRow,
  unqueueRefresh,
} from '../database/queries/identity-profiles/refreshes.ts';
import { REFRESH_PERSONS_WORKFLOW, refreshPersonsStart } from '../workflows/identity-refresh-messages.ts';
import { wakeSignal } from '../workflows/messages.ts';
import { invalidRequest } from './http/validation-errors.ts';
import type { RouteDeps } from './routes/route-dependencies.ts';
import { CALL_TIMEOUT_MS, refuse } from './sync-trigger.ts';

const LONGEST_KEY = 200;

/**
 * The refresh that was queued, joined, or asked for with this key before.
 * @throws AppError `unavailable` when the workflow service is away: nothing is queued then.
 */
export async function requestRefresh(
  deps: Pick<RouteDeps, 'database' | 'temporal' | 'settings'>,
  profile: { id: string },
  { requestedBy, key }: { requestedBy: string; key: string | undefined },
): Promise<RefreshRow> {
  if (key !== undefined && (key === '' || key.length > LONGEST_KEY))
    throw invalidRequest([
      { path: 'headers.idempotency-key', message: `must have 1 to ${LONGEST_KEY} characters` },
    ]);
  const { pool } = deps.database;
  const id = await queueRefresh(pool, { profileId: profile.id, requestedBy, key: key ?? null });
  try {
    await wake(deps);
  } catch (error) {
    await unqueueRefresh(pool, id);
    throw error;
  }
  const refresh = await getRefresh(pool, profile.id, id);
  if (!refresh) throw new Error('requestRefresh: the refresh is gone');
  return refresh;
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
