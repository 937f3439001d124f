// Answers whether the parts work, each asked with a limit of its own, so that the answer never hangs with one.
import type { AppDeps } from './dependencies.ts';
import { check, type HealthCheck, LIMIT_MS } from './health-check.ts';
import { type RunChecks, runChecks } from './run-checks.ts';

/** How long an answer is given again: this is open to all, and each look asks two other servers. */
const SHARED_MS = 1_000;

export interface Health {
  status: 'healthy' | 'degraded' | 'unhealthy';
  version: string;
  uptimeSeconds: number;
  checks: {
    database: HealthCheck;
    temporal: HealthCheck;
    workers: HealthCheck;
  } & RunChecks;
}

/** Task queue type WORKFLOW in Temporal's API (temporalio/api, enums/v1/task_queue.proto). */
const WORKFLOW_TASK_QUEUE = 1;

/**
 * The database away is `unhealthy`: nothing works. Temporal or the workers away is `degraded`: reads work, and
 * runs are queued until they are back. So are projects that miss their schedule, runs that nobody works on, persons
 * and profiles that wait for long to be refreshed, and notifications that nobody takes.
 */
export function createHealthCheck(deps: AppDeps): () => Promise<Health> {
  const look = createLook(deps);
  let last: { health: ReturnType<typeof look>; until: number } | null = null;
  return async () => {
    if (!last || performance.now() > last.until) {
      const health = look();
      last = { health, until: performance.now() + SHARED_MS };
    }
    const uptimeSeconds = Math.floor((Date.now() - deps.startedAt.getTime()) / 1_000);
    return { ...(await last.health), uptimeSeconds };
  };
}

function createLook(deps: AppDeps): () => Promise<Omit<Health, 'uptimeSeconds'>> {
  const workers = workersCheck(deps);
  return async () => {
    const ready = deps.database.pool.query('select 1');
    const [database, temporal, polled, runs] = await Promise.all([
      check('The database answers.', async () => {
        await ready;
      }),
      check('The workflow service answers.', async () => {
        const client = await deps.temporal.client();
        await client.withDeadline(Date.now() + LIMIT_MS, () => client.workflowService.getSystemInfo({}));
      }),
      workers(),
      runChecks(deps.database.pool, ready),
    ]);
    const degraded = [temporal, polled, ...Object.values(runs)].some(({ status }) => status === 'unhealthy');
    return {
      status: database.status === 'unhealthy' ? 'unhealthy' : degraded ? 'degraded' : 'healthy',
      version: deps.version,
      checks: { database, temporal, workers: polled, ...runs },
    };
  };
}

function workersCheck({ temporal, settings }: AppDeps): () => Promise<HealthCheck> {
  return () =>
    check('A worker is polling.', async () => {
      const client = await temporal.client();
      const { pollers } = await client.withDeadline(Date.now() + LIMIT_MS, () =>
        client.workflowService.describeTaskQueue({
          namespace: settings.TEMPORAL_NAMESPACE,
          taskQueue: { name: settings.TEMPORAL_TASK_QUEUE },
          taskQueueType: WORKFLOW_TASK_QUEUE,
        }),
      );
      // Temporal remembers pollers for minutes; one that polls comes back at least once a minute.
      const alive = (pollers ?? []).some(
        ({ lastAccessTime }) => Date.now() - Number(lastAccessTime?.seconds ?? 0) * 1_000 < 75_000,
      );
      if (!alive) throw new Error('no worker polls the task queue');
    });
}
