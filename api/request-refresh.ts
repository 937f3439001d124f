// Asks for a refresh: the row first, the profile's workflow after, so that a wake-up finds what it is for.
import {
  getRefresh,
  queueRefresh,
  type RefreshRow,
  unqueueRefresh,
} from '../database/queries/identity-profiles/refreshes.ts';
import {
  IDENTITY_REFRESH_WORKFLOW,
  type IdentityRefreshInput,
  identityRefreshWorkflowId,
} from '../workflows/identity-refresh-messages.ts';
import { DEFAULT_SYNC_TIMINGS, wakeSignal } from '../workflows/messages.ts';
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
  profile: { id: string; name: string },
  { requestedBy, key }: { requestedBy: string; key: string | undefined },
): Promise<RefreshRow> {
  if (key !== undefined && (key === '' || key.length > LONGEST_KEY))
    throw invalidRequest([
      { path: 'headers.idempotency-key', message: `must have 1 to ${LONGEST_KEY} characters` },
    ]);
  const { pool } = deps.database;
  const id = await queueRefresh(pool, { profileId: profile.id, requestedBy, key: key ?? null });
  try {
    await wake(deps, profile);
  } catch (error) {
    await unqueueRefresh(pool, id);
    throw error;
  }
  const refresh = await getRefresh(pool, profile.id, id);
  if (!refresh) throw new Error('requestRefresh: the refresh is gone');
  return refresh;
}

async function wake(
  { temporal, settings }: Pick<RouteDeps, 'temporal' | 'settings'>,
  profile: { id: string; name: string },
): Promise<void> {
  const client = await temporal.client();
  const input: IdentityRefreshInput = { profileId: profile.id, timings: DEFAULT_SYNC_TIMINGS };
  await client
    .withDeadline(Date.now() + CALL_TIMEOUT_MS, () =>
      client.workflow.signalWithStart(IDENTITY_REFRESH_WORKFLOW, {
        workflowId: identityRefreshWorkflowId(profile.id),
        taskQueue: settings.TEMPORAL_TASK_QUEUE,
        args: [input],
        staticSummary: `Refresh of ${profile.name}`,
        signal: wakeSignal,
        signalArgs: [],
      }),
    )
    .catch(refuse);
}
