// Starts what was written into the queue and never started: the API died, or Temporal was away, in between.
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { deleteExpiredTokens } from '../database/queries/access-tokens.ts';
import { deleteOldLoginFailures } from '../database/queries/login-failures.ts';
import { projectsWithWaitingRuns, runsWaitingToStop } from '../database/queries/waiting-runs.ts';
import type { SyncTrigger } from './sync-trigger.ts';

/** Younger rows are still in the hands of the request that wrote them. */
const GRACE_SECONDS = 3;
/** What one sweep takes on, so that a long outage is not followed by a flood. */
const MOST_A_SWEEP = 50;
const CLEAN_EVERY_MS = 3_600_000;

export interface RunSweep {
  /** One sweep; never throws. */
  sweep(): Promise<void>;
  /** Resolves when the sweep that is going has ended. */
  stop(): Promise<void>;
}

/** Sweeps at once and then every `everyMs` milliseconds, one sweep at a time. */
export function startRunSweep(deps: {
  pool: Pool;
  trigger: SyncTrigger;
  logger: Logger;
  everyMs: number;
}): RunSweep {
  let going: Promise<void> | null = null;
  let cleanedAt = Number.NEGATIVE_INFINITY;
  const once = async () => {
    try {
      await wakeWaiting(deps);
      if (performance.now() - cleanedAt > CLEAN_EVERY_MS) {
        cleanedAt = performance.now();
        await deleteExpiredTokens(deps.pool);
        await deleteOldLoginFailures(deps.pool);
      }
    } catch (error) {
      deps.logger.warn(
        { message: (error as Error).message },
        'the sweep of queued runs failed; it is repeated',
      );
    }
  };
  const sweep = () => {
    going ??= once().finally(() => {
      going = null;
    });
    return going;
  };
  const timer = setInterval(sweep, deps.everyMs);
  timer.unref();
  void sweep();
  return {
    sweep,
    async stop() {
      clearInterval(timer);
      await going;
    },
  };
}

async function wakeWaiting(deps: { pool: Pool; trigger: SyncTrigger; logger: Logger }): Promise<void> {
  for (const project of await projectsWithWaitingRuns(deps.pool, GRACE_SECONDS, MOST_A_SWEEP)) {
    await deps.trigger.wake(project);
    deps.logger.info({ projectId: project.projectId }, 'woke the workflow of a run that was waiting');
  }
  for (const run of await runsWaitingToStop(deps.pool, GRACE_SECONDS * 5, MOST_A_SWEEP))
    await deps.trigger.cancel(run).catch((error: unknown) => {
      deps.logger.warn(
        { runId: run.runId, message: (error as Error).message },
        'a cancelled run could not be told',
      );
    });
}
