// Starts what was written into the queue and never started: the API died, or Temporal was away, in between.
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import {
  projectsWithOpenRuns,
  runsWaitingToPause,
  runsWaitingToStop,
} from '../database/queries/waiting-runs.ts';
import { judgeOpenRuns } from './stalled-runs.ts';
import { attempting, everySoOften, type Sweep, startSweep } from './sweep.ts';
import type { SyncSchedules } from './sync-schedules.ts';
import type { SyncTrigger } from './sync-trigger.ts';

/** Younger rows are still in the hands of the request that wrote them. */
const GRACE_SECONDS = 3;
/** What one sweep takes on, so that a long outage is not followed by a flood. */
const MOST_A_SWEEP = 50;
/** How often all schedules are compared: somebody may have changed one in Temporal, or Temporal lost its store. */
const RECONCILE_EVERY_MS = 600_000;
const JUDGE_EVERY_MS = 15_000;

/** Sweeps every `everyMs` milliseconds. */
export function startRunSweep(deps: SweepDeps & { everyMs: number }): Sweep {
  const attempt = attempting(deps.logger);
  const reconcile = everySoOften(RECONCILE_EVERY_MS, () =>
    attempt('comparing schedules with Temporal', () => deps.schedules.reconcile()),
  );
  const judge = everySoOften(JUDGE_EVERY_MS, () =>
    attempt('looking for runs that nobody works on', () => judgeOpenRuns(deps)),
  );
  return startSweep(deps.everyMs, () => async () => {
    await attempt('the sweep of queued runs', () => wakeWaiting(deps));
    await attempt('the sweep of cancelled runs', () => stopCancelled(deps));
    await attempt('the sweep of runs that are to pause', () => pauseAsked(deps));
    await attempt('the sweep of schedules', () => deps.schedules.catchUp());
    await judge();
    await reconcile();
  });
}

interface SweepDeps {
  pool: Pool;
  trigger: SyncTrigger;
  schedules: SyncSchedules;
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

async function pauseAsked({ pool, trigger, logger }: SweepDeps): Promise<void> {
  const waiting = await runsWaitingToPause(pool, GRACE_SECONDS * 5, MOST_A_SWEEP);
  const pause = (run: Parameters<SyncTrigger['pause']>[0]) =>
    trigger.pause(run).catch(({ message }: Error) => {
      logger.warn({ runId: run.runId, message }, 'a run that is to pause could not be told');
    });
  await Promise.all(waiting.map(pause));
}
