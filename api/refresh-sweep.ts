// Starts the workflow that refreshes persons whenever the database says that there is something for it to do.
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { anyRefreshWaits, queueTimeBased } from '../database/queries/identity-profiles/refreshes.ts';
import { REFRESH_PERSONS_WORKFLOW, refreshPersonsStart } from '../workflows/identity-refresh-messages.ts';
import type { TemporalAccess } from './dependencies.ts';
import { endFormerRefreshes } from './end-former-refreshes.ts';
import { attempting, everySoOften, type Sweep, startSweep } from './sweep.ts';
import { CALL_TIMEOUT_MS } from './sync-trigger.ts';

/** How often profiles are looked at whose values depend on the present time. */
const TIME_BASED_EVERY_MS = 60_000;

/** How long a start that failed is not repeated: each failure is a warning in the log. */
const AFTER_FAILURE_MS = 5_000;

export interface RefreshSweepDeps {
  pool: Pool;
  temporal: TemporalAccess;
  taskQueue: string;
  /** After how many hours such profiles are refreshed again; 0: never. */
  timeBasedHours: number;
  logger: Logger;
}

/**
 * Sweeps every `everyMs` milliseconds. Whatever changes persons (a run, a decision, a deletion) writes down who is to be
 * refreshed and tells nobody: one look a second is all that the workflow hears of, however many they are.
 */
export function startRefreshSweep(deps: RefreshSweepDeps & { everyMs: number }): Sweep {
  const { pool, temporal, taskQueue, logger, timeBasedHours } = deps;
  const attempt = attempting(logger);
  const queueDue = everySoOften(TIME_BASED_EVERY_MS, () =>
    attempt('looking for profiles that depend on the time', async () => {
      const queued = timeBasedHours === 0 ? 0 : await queueTimeBased(pool, timeBasedHours);
      if (queued > 0) logger.info({ queued }, 'profiles that depend on the time are refreshed');
    }),
  );
  let formerEnded = false;
  const start = async () => {
    await ensureStarted(deps);
    if (formerEnded) return;
    const ended = await endFormerRefreshes(temporal, taskQueue);
    if (ended > 0) logger.info({ ended }, 'workflows of a former version were ended');
    formerEnded = true;
  };
  let again = Number.NEGATIVE_INFINITY;
  return startSweep(deps.everyMs, () => async () => {
    await queueDue();
    if (performance.now() < again) return;
    if (!(await attempt('starting the refresh of persons', start)))
      again = performance.now() + AFTER_FAILURE_MS;
  });
}

/** Says nothing to a workflow that runs. */
async function ensureStarted({ pool, temporal, taskQueue }: RefreshSweepDeps): Promise<void> {
  if (!(await anyRefreshWaits(pool))) return;
  const client = await temporal.client();
  await client.withDeadline(Date.now() + CALL_TIMEOUT_MS, () =>
    client.workflow.start(REFRESH_PERSONS_WORKFLOW, {
      ...refreshPersonsStart(taskQueue),
      workflowIdConflictPolicy: 'USE_EXISTING',
    }),
  );
}
