// Answers whether the parts work, each asked with a limit of its own, so that the answer never hangs with one.
import { type PausedRuns, pausedRuns } from '../database/queries/paused-runs.ts';
import type { AppDeps } from './dependencies.ts';

const LIMIT_MS = 800;
/** How long an answer is given again: this is open to all, and each look asks two other servers. */
const SHARED_MS = 1_000;

export interface HealthCheck {
  status: 'healthy' | 'unhealthy';
  message: string;
  durationMs: number;
}

export interface Health {
  status: 'healthy' | 'degraded' | 'unhealthy';
  version: string;
  uptimeSeconds: number;
  checks: {
    database: HealthCheck;
    temporal: HealthCheck;
    workers: HealthCheck;
    pausedRuns: HealthCheck & PausedRuns;
  };
}

/** Task queue type WORKFLOW in Temporal's API (temporalio/api, enums/v1/task_queue.proto). */
const WORKFLOW_TASK_QUEUE = 1;

/**
 * The database away is `unhealthy`: nothing works. Temporal or the workers away is `degraded`: reads work, and
 * runs are queued until they are back.
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
    const [database, temporal, polled, paused] = await Promise.all([
      check('The database answers.', async () => {
        await deps.database.pool.query('select 1');
      }),
      check('The workflow service answers.', async () => {
        const client = await deps.temporal.client();
        await client.withDeadline(Date.now() + LIMIT_MS, () => client.workflowService.getSystemInfo({}));
      }),
      workers(),
      pausedCheck(deps),
    ]);
    const degraded = temporal.status === 'unhealthy' || polled.status === 'unhealthy';
    return {
      status: database.status === 'unhealthy' ? 'unhealthy' : degraded ? 'degraded' : 'healthy',
      version: deps.version,
      checks: { database, temporal, workers: polled, pausedRuns: paused },
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

/** Which projects they are of, history tells those who may know. */
async function pausedCheck({ database }: AppDeps): Promise<HealthCheck & PausedRuns> {
  let found: PausedRuns = { count: 0, oldestSeconds: 0 };
  const answer = await check('The database answers.', async () => {
    found = await pausedRuns(database.pool);
  });
  if (answer.status === 'unhealthy') return { ...answer, ...found };
  const hours = Math.round(found.oldestSeconds / 360) / 10;
  const message =
    found.count === 0
      ? 'No run is paused.'
      : `${found.count} paused, waiting for a person; the oldest for ${hours} h.`;
  return { ...answer, message, ...found };
}

/** What failed is told in words of ours: a driver's message may hold addresses. */
async function check(healthy: string, work: () => Promise<void>): Promise<HealthCheck> {
  const started = performance.now();
  const result = (status: HealthCheck['status'], message: string): HealthCheck => ({
    status,
    message,
    durationMs: Math.round(performance.now() - started),
  });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<HealthCheck>((resolve) => {
    timer = setTimeout(() => resolve(result('unhealthy', `No answer within ${LIMIT_MS} ms.`)), LIMIT_MS);
  });
  const answered = work().then(
    () => result('healthy', healthy),
    () =>
      result(
        'unhealthy',
        healthy.replace('answers', 'does not answer').replace('A worker is', 'No worker is'),
      ),
  );
  return Promise.race([answered, late]).finally(() => clearTimeout(timer));
}
