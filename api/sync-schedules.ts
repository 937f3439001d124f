// Keeps Temporal's Schedules in line with the projects: the row is the truth, Temporal is told after.
import {
  type Client,
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  type ScheduleOptions,
  ScheduleOverlapPolicy,
} from '@temporalio/client';
import type { Pool } from 'pg';
import {
  installationId,
  type ProjectSchedule,
  projectSchedule,
  projectSchedules,
  scheduleApplied,
  schedulesToApply,
} from '../database/queries/project-schedules.ts';
import { type CronSchedule, temporalSpec } from '../domain/schedule.ts';
import { ENQUEUE_RUN_WORKFLOW, enqueueRunWorkflowId, syncScheduleId } from '../workflows/messages.ts';
import type { AppDeps } from './dependencies.ts';

/** What takes longer while a person waits counts as failed: it is repeated. */
const ANSWER_WITHIN_MS = 3_000;
/** Nobody waits for reconciling, and several processes that mend the same schedule hold each other up. */
const RECONCILE_WITHIN_MS = 15_000;
/** After an outage, Temporal makes up for times that lie back no further than this. */
const CATCH_UP = '1 hour';
/** The changes that one sweep passes on. */
const MOST_A_SWEEP = 50;

export interface SyncSchedules {
  /** Brings Temporal into line with one project, there or deleted. Never throws: what fails is repeated by the sweep. */
  tell(projectId: string): Promise<void>;
  /** Passes on changes that Temporal was not told when they were made. */
  catchUp(): Promise<void>;
  /** Compares all projects with all schedules, both ways. Safe to repeat, and from several processes at once. */
  reconcile(): Promise<void>;
}

type Deps = Pick<AppDeps, 'database' | 'temporal' | 'settings' | 'logger'>;

export function createSyncSchedules(deps: Deps): SyncSchedules {
  const { pool } = deps.database;
  const { logger } = deps;
  const bring = async (projectId: string, withinMs: number) => {
    const client = await deps.temporal.client();
    const taskQueue = deps.settings.TEMPORAL_TASK_QUEUE;
    await bringIntoLine({ pool, client, taskQueue, withinMs }, projectId);
  };
  // Of projects that are deleted no row tells that Temporal has yet to hear of it.
  const owed = new Set<string>();
  const tell = async (projectId: string) => {
    try {
      await bring(projectId, ANSWER_WITHIN_MS);
      owed.delete(projectId);
    } catch (error) {
      owed.add(projectId);
      const { message } = error as Error;
      logger.warn({ projectId, message }, 'Temporal could not be told of a schedule; it is repeated');
    }
  };
  return {
    tell,
    catchUp: async () => {
      const due = new Set([...owed, ...(await schedulesToApply(pool, MOST_A_SWEEP))]);
      await Promise.all([...due].map(tell));
    },
    reconcile: async () => {
      const client = await deps.temporal.client();
      const deadline = Date.now() + RECONCILE_WITHIN_MS;
      const different = [...(await client.withDeadline(deadline, () => differing(pool, client)))];
      const mended = await Promise.allSettled(
        different.map((projectId) => {
          logger.info({ projectId }, "a project's schedule and Temporal's differ");
          return bring(projectId, RECONCILE_WITHIN_MS);
        }),
      );
      // One that cannot be mended holds up no other.
      for (const one of mended) if (one.status === 'rejected') throw one.reason;
    },
  };
}

interface Telling {
  pool: Pool;
  client: Client;
  taskQueue: string;
  /** How long one telling may take. */
  withinMs: number;
}

/**
 * Tells Temporal what the row says until the row says the same afterwards: of two processes that tell of two changes
 * at once, the one whose word arrives last looks again after it.
 */
async function bringIntoLine(telling: Telling, projectId: string): Promise<void> {
  let wanted = await projectSchedule(telling.pool, projectId);
  for (;;) {
    const told = wanted;
    await telling.client.withDeadline(Date.now() + telling.withinMs, () => put(telling, projectId, told));
    if (told) await scheduleApplied(telling.pool, projectId, told.revision);
    wanted = await projectSchedule(telling.pool, projectId);
    if (wanted?.revision === told?.revision) return;
  }
}

async function put(telling: Telling, projectId: string, wanted: ProjectSchedule | undefined): Promise<void> {
  const { schedule: schedules } = telling.client;
  const handle = schedules.getHandle(syncScheduleId(projectId));
  if (!wanted?.schedule) {
    await handle.delete().catch(unlessNotFound);
    return;
  }
  const options = optionsOf(telling, wanted, wanted.schedule);
  try {
    await handle.update(() => options);
  } catch (error) {
    unlessNotFound(error);
    const memo = { installation: await installationId(telling.pool) };
    await schedules.create({ ...options, scheduleId: syncScheduleId(projectId), memo }).catch((problem) => {
      // Another process made it just now; whoever comes last looks at the row again.
      if (!(problem instanceof ScheduleAlreadyRunning)) throw problem;
      return handle.update(() => options);
    });
  }
}

function unlessNotFound(error: unknown): void {
  if (!(error instanceof ScheduleNotFoundError)) throw error;
}

function optionsOf(telling: Telling, { projectId, enabled }: ProjectSchedule, schedule: CronSchedule) {
  return {
    spec: temporalSpec(schedule),
    action: {
      type: 'startWorkflow',
      workflowType: ENQUEUE_RUN_WORKFLOW,
      workflowId: enqueueRunWorkflowId(projectId),
      taskQueue: telling.taskQueue,
      args: [{ projectId }],
      staticSummary: 'Queue a scheduled sync',
    },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: CATCH_UP },
    state: { paused: !enabled, note: noteOf(schedule) },
  } satisfies Omit<ScheduleOptions, 'scheduleId'>;
}

/** Shown in Temporal's UI, and how a look at the list tells that a schedule is another one than it should be. */
function noteOf({ cron, timeZone }: CronSchedule): string {
  return `${cron} ${timeZone}`;
}

/** Projects whose schedule is missing, is not theirs any more or another one. */
async function differing(pool: Pool, client: Client): Promise<Set<string>> {
  // Temporal first: a schedule is made after its row, so that one without a row now has lost it.
  const found = await schedulesInTemporal(pool, client);
  const different = new Set(found.keys());
  for (const { projectId, schedule, enabled } of await projectSchedules(pool)) {
    const there = found.get(projectId);
    const same = schedule
      ? there?.note === noteOf(schedule) && there.paused === !enabled
      : there === undefined;
    if (same) different.delete(projectId);
    else different.add(projectId);
  }
  return different;
}

/** Those of this installation. */
async function schedulesInTemporal(
  pool: Pool,
  client: Client,
): Promise<Map<string, { note?: string; paused: boolean }>> {
  const installation = await installationId(pool);
  const prefix = syncScheduleId('');
  const found = new Map<string, { note?: string; paused: boolean }>();
  for await (const { scheduleId, memo, state } of client.schedule.list())
    if (scheduleId.startsWith(prefix) && memo?.installation === installation)
      found.set(scheduleId.slice(prefix.length), state);
  return found;
}
