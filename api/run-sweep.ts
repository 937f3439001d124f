// Starts what was written into the queue and never started: the API died, or Temporal was away, in between.
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { dropForsakenPartitions } from '../database/partitions.ts';
import { deleteExpiredTokens } from '../database/queries/access-tokens.ts';
import { deleteOldLoginFailures } from '../database/queries/login-failures.ts';
import { projectsWithOpenRuns, runsWaitingToStop } from '../database/queries/waiting-runs.ts';
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
  const attempt = (what: string, work: () => Promise<void>) =>
    work().catch(({ message }: Error) => deps.logger.warn({ message }, `${what} failed; it is repeated`));
  const once = async () => {
    await attempt('the sweep of queued runs', () => wakeWaiting(deps));
    await attempt('the sweep of cancelled runs', () => stopCancelled(deps));
    if (performance.now() - cleanedAt < CLEAN_EVERY_MS) return;
    cleanedAt = performance.now();
    await attempt('dropping the tables of deleted connections', () => dropForsakenPartitions(deps.pool));
    await attempt('clearing away expired tokens', () => deleteExpiredTokens(deps.pool));
    await attempt('clearing away old sign-in failures', () => deleteOldLoginFailures(deps.pool));
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

interface SweepDeps {
  pool: Pool;
  trigger: SyncTrigger;
  logger: Logger;
}

/** All at once, so that a call which hangs holds up no other. */
async function wakeWaiting({ pool, trigger, logger }: SweepDeps): Promise<void> {
  const waiting = await projectsWithOpenRuns(pool, GRACE_SECONDS, MOST_A_SWEEP);
  const wake = async (project: { projectId: string; projectName: string }) => {
    const { projectId } = project;
    await trigger.ensureStarted(project).then(
      () => logger.debug({ projectId }, 'the workflow of an open run is there'),
      ({ message }: Error) =>
        logger.warn({ projectId, message }, 'a waiting run could not be started; it is repeated'),
    );
  };
  await Promise.all(waiting.map(wake));
}

async function stopCancelled({ pool, trigger, logger }: SweepDeps): Promise<void> {
  const waiting = await runsWaitingToStop(pool, GRACE_SECONDS * 5, MOST_A_SWEEP);
  const stop = (run: { runId: string; workflowId: string }) =>
    trigger.cancel(run).catch(({ message }: Error) => {
      logger.warn({ runId: run.runId, message }, 'a cancelled run could not be told');
    });
  await Promise.all(waiting.map(stop));
}
