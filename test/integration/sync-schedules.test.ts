// Schedules of projects as Temporal's server has them, and the runs that they start.
import { randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client, Connection, type ScheduleDescription, ScheduleNotFoundError } from '@temporalio/client';
import { pino } from 'pino';
import { createSyncSchedules } from '../../api/sync-schedules.ts';
import { createTemporalAccess } from '../../api/temporal-access.ts';
import { enqueueScheduledRun } from '../../database/queries/enqueue-scheduled-run.ts';
import { lockConnection } from '../../database/run-fence.ts';
import { transaction } from '../../database/sql.ts';
import { nextRunAfter } from '../../domain/schedule.ts';
import { syncProjectWorkflowId, syncScheduleId } from '../../workflows/messages.ts';
import { startApi } from '../support/api.ts';
import { testEnvironment } from '../support/environment.ts';
import { OVER, type Platform, startPlatform } from '../support/platform.ts';
import { until } from '../support/until.ts';

/** Far from now, so that nothing starts by itself while a test looks. */
const YEARLY = { cron: '17 3 14 7 *', timeZone: 'Europe/Berlin' };

let platform: Platform;
let connection: Connection;
let client: Client;
let connectionId: string;

beforeAll(async () => {
  platform = await startPlatform();
  connection = await Connection.connect({ address: testEnvironment().temporalAddress });
  client = new Client({ connection });
  mkdirSync(platform.api.importDirectory, { recursive: true });
  writeFileSync(join(platform.api.importDirectory, 'people.csv'), 'id,displayName\n1,Ada\n2,Grace\n');
  const added = await platform.addProject({ type: 'csv', config: { file: 'people.csv', keyColumn: 'id' } });
  connectionId = added.connectionId;
}, 180_000);

afterAll(async () => {
  for (const id of scheduled)
    await handleOf(id)
      .delete()
      .catch(() => {});
  await connection?.close();
  await platform?.close();
});

const scheduled: string[] = [];
const handleOf = (projectId: string) => client.schedule.getHandle(syncScheduleId(projectId));
const inTemporal = (projectId: string): Promise<ScheduleDescription | null> =>
  handleOf(projectId)
    .describe()
    .catch((error) => {
      if (error instanceof ScheduleNotFoundError) return null;
      throw error;
    });

async function addProject(project: object = { schedule: YEARLY }): Promise<string> {
  const body = { name: randomUUID(), connectionId, scopes: [{ objectClass: 'user' }], ...project };
  const answer = await platform.api.post('/api/sync/projects', body);
  if (answer.status !== 201) throw new Error(`${answer.status} ${answer.text}`);
  scheduled.push(answer.body.data.id);
  return answer.body.data.id;
}

function schedulesOf(api: Platform['api'], address: string | undefined = testEnvironment().temporalAddress) {
  const temporal = createTemporalAccess(address, 'default');
  const logger = pino({ level: 'silent' });
  return { ...createSyncSchedules({ ...api, temporal, logger }), close: () => temporal.close() };
}

const history = async (projectId: string) =>
  (await platform.api.get(`/api/sync/history?projectId=${projectId}&sort=queuedAt`)).body.data;

describe('the schedule of a project', () => {
  it.each([
    [{ cron: '0 0 31 2 *', timeZone: 'UTC' }, 'body.schedule.cron', 'names a date that never comes'],
    [{ cron: '0 2 * *', timeZone: 'UTC' }, 'body.schedule.cron', 'has 4 fields'],
    [{ cron: '0 2 * * *', timeZone: 'Mars/Olympus' }, 'body.schedule.timeZone', 'IANA'],
  ])('is refused with the reason: %j', async (schedule, path, reason) => {
    const body = { name: randomUUID(), connectionId, schedule };
    const answer = await platform.api.post('/api/sync/projects', body);
    expect(answer.status).toBe(400);
    expect(answer.body.details).toEqual([{ path, message: expect.stringContaining(reason) }]);
    const patched = await platform.api.patch(`/api/sync/projects/${await addProject({})}`, { schedule });
    expect(patched.body.details[0].path).toBe(path);
  });

  it('stands in Temporal, is paused with its project, changed with it and deleted with it', async () => {
    const id = await addProject();
    const path = `/api/sync/projects/${id}`;
    const made = await inTemporal(id);
    expect(made).toMatchObject({
      spec: { timezone: 'Europe/Berlin' },
      policies: { overlap: 'SKIP', catchupWindow: 3_600_000 },
      state: { paused: false },
    });
    const { body } = await platform.api.get(path);
    expect(body.data).toMatchObject({
      schedule: YEARLY,
      nextRunAt: made?.info.nextActionTimes[0]?.toISOString(),
    });

    const off = await platform.api.patch(path, { enabled: false });
    expect(off.body.data.nextRunAt).toBeNull();
    expect((await inTemporal(id))?.state.paused).toBe(true);

    const changed = { cron: '30 4 1 2 *', timeZone: 'America/New_York' };
    const on = await platform.api.patch(path, { enabled: true, schedule: changed });
    const told = await inTemporal(id);
    expect(told?.state.paused).toBe(false);
    expect(on.body.data.nextRunAt).toBe(told?.info.nextActionTimes[0]?.toISOString());
    expect(on.body.data.nextRunAt).toMatch(/-02-01T09:30:00.000Z$/);

    expect((await platform.api.patch(path, { schedule: null })).body.data.nextRunAt).toBeNull();
    expect(await inTemporal(id)).toBeNull();
    await platform.api.patch(path, { schedule: YEARLY });
    expect(await inTemporal(id)).not.toBeNull();
    expect((await platform.api.delete(path)).status).toBe(204);
    expect(await inTemporal(id)).toBeNull();
  });

  it.each([
    ['30 2 * * *', 'Europe/Berlin'],
    ['15 1 * * *', 'America/New_York'],
    ['0 0 * * sun', 'America/Santiago'],
    ['0 0 13 * 5', 'Asia/Kolkata'],
    ['0,30 9-17/2 * jan-mar mon-fri', 'Australia/Lord_Howe'],
  ])(
    'comes round when Temporal says, over a year with its changes of clocks: %s in %s',
    async (cron, timeZone) => {
      const id = await addProject({ enabled: false, schedule: { cron, timeZone } });
      const from = new Date('2027-01-15T00:30:00Z');
      const to = new Date('2028-01-15T00:30:00Z');
      const { startTime } = await connection.workflowService.listScheduleMatchingTimes({
        namespace: 'default',
        scheduleId: syncScheduleId(id),
        startTime: { seconds: (from.getTime() / 1_000) as never },
        endTime: { seconds: (to.getTime() / 1_000) as never },
      });
      const ours = [];
      let time = nextRunAfter({ cron, timeZone }, from);
      for (; time && time <= to; time = nextRunAfter({ cron, timeZone }, time)) ours.push(time.toISOString());
      const theirs = (startTime ?? []).map(({ seconds }) => new Date(Number(seconds) * 1_000).toISOString());
      expect(ours).toEqual([...new Set(theirs)]);
      expect(ours.length).toBeGreaterThan(40);
    },
  );
});

describe('a scheduled time', () => {
  it('starts a run, once for that time', async () => {
    const id = await addProject();
    await handleOf(id).trigger();
    const [run] = await until('the scheduled run', async () => {
      const runs = await history(id);
      return runs.length > 0 && runs;
    });
    expect(run).toMatchObject({ trigger: 'scheduled', triggeredBy: null, mode: 'full' });
    expect(run.scheduledFor).not.toBeNull();
    const over = await platform.runWith(run.id, OVER);
    expect(over).toMatchObject({ status: 'completed', counts: { read: 2 } });
    const again = await enqueueScheduledRun(platform.api.database.pool, {
      projectId: id,
      scheduledFor: new Date(run.scheduledFor),
      workflowId: syncProjectWorkflowId(id),
    });
    expect(again).toMatchObject({ outcome: 'ended', runId: run.id });
    expect(await history(id)).toHaveLength(1);
  }, 60_000);

  it('is skipped with a record while a run is going; what somebody triggers is queued all the same', async () => {
    const id = await addProject();
    const { api } = platform;
    const { runs, going } = await transaction(api.database.pool, async (holder) => {
      // Holds the connection's turn, so that the run is still going when the time comes.
      await lockConnection(holder, connectionId);
      const first = await api.post(`/api/sync/projects/${id}/run`);
      await platform.runWith(first.body.data.id, ['running']);
      await handleOf(id).trigger();
      const skipped = await until('the skipped time', async () =>
        (await history(id)).find((run: { trigger: string }) => run.trigger === 'scheduled'),
      );
      expect(skipped).toMatchObject({
        status: 'cancelled',
        error: { code: 'schedule_skipped', message: expect.stringContaining('running') },
      });
      const second = await api.post(`/api/sync/projects/${id}/run`);
      expect(second.body.data).toMatchObject({ status: 'queued', trigger: 'api' });
      const { body } = await api.get(`/api/sync/projects/${id}`);
      expect(body.data.lastRun.id).toBe(second.body.data.id);
      return { runs: [first.body.data.id, second.body.data.id], going: first.body.data.id };
    });
    expect(runs).toContain(going);
    for (const run of runs) expect(await platform.runWith(run, OVER)).toMatchObject({ status: 'completed' });
  }, 60_000);

  it('starts nothing for a project that was switched off or deleted without a word to Temporal', async () => {
    const { pool } = platform.api.database;
    const id = await addProject();
    const request = { scheduledFor: new Date(), workflowId: syncProjectWorkflowId(id) };
    await pool.query('update sync_project set enabled = false where id = $1', [id]);
    expect(await enqueueScheduledRun(pool, { projectId: id, ...request })).toMatchObject({ outcome: 'none' });
    const gone = await enqueueScheduledRun(pool, { projectId: randomUUID(), ...request });
    expect(gone).toMatchObject({ outcome: 'none' });
    expect(await history(id)).toEqual([]);
  });
});

describe('reconciling', () => {
  it('makes what is missing, mends what differs, deletes what has no project, and leaves others alone', async () => {
    const { pool } = platform.api.database;
    const [missing, paused, kept] = [await addProject(), await addProject(), await addProject()];
    const orphan = await addProject();
    const stranger = randomUUID();
    scheduled.push(stranger);
    const { action, spec } = (await inTemporal(kept)) as ScheduleDescription;
    await client.schedule.create({
      scheduleId: syncScheduleId(stranger),
      spec,
      action: { ...action, args: [{ projectId: stranger }] },
      memo: { installation: randomUUID() },
    });
    await handleOf(missing).delete();
    await handleOf(paused).pause('by hand');
    await pool.query('delete from sync_project where id = $1', [orphan]);
    const listed = async (expected: (ids: Map<string, boolean>) => boolean) =>
      until('the list of schedules to show it', async () => {
        const ids = new Map<string, boolean>();
        for await (const one of client.schedule.list()) ids.set(one.scheduleId, one.state.paused);
        return expected(ids);
      });
    // Temporal's list follows a moment later.
    await listed(
      (ids) =>
        !ids.has(syncScheduleId(missing)) &&
        ids.get(syncScheduleId(paused)) === true &&
        ids.has(syncScheduleId(orphan)) &&
        ids.has(syncScheduleId(stranger)),
    );
    const several = [schedulesOf(platform.api), schedulesOf(platform.api), schedulesOf(platform.api)];
    await Promise.all(several.map((one) => one.reconcile()));
    expect(await inTemporal(missing)).toMatchObject({ state: { paused: false } });
    expect(await inTemporal(paused)).toMatchObject({ state: { paused: false } });
    expect(await inTemporal(orphan)).toBeNull();
    expect(await inTemporal(stranger)).not.toBeNull();
    const before = (await inTemporal(kept))?.info.lastUpdatedAt;
    await Promise.all(several.map((one) => one.reconcile()));
    expect((await inTemporal(kept))?.info.lastUpdatedAt).toEqual(before);
    await Promise.all(several.map((one) => one.close()));
  }, 60_000);

  it('follows changes that were made at once in several processes', async () => {
    const other = await startApi({
      databaseUrl: platform.databaseUrl,
      settings: {
        TEMPORAL_ADDRESS: testEnvironment().temporalAddress,
        TEMPORAL_TASK_QUEUE: platform.taskQueue,
      },
    });
    try {
      const id = await addProject();
      const change = (api: Platform['api'], hour: number) =>
        api.patch(`/api/sync/projects/${id}`, { schedule: { cron: `0 ${hour} 1 1 *`, timeZone: 'UTC' } });
      await Promise.all([0, 1, 2, 3, 4, 5].map((hour) => change(hour % 2 ? other : platform.api, hour)));
      const { body } = await platform.api.get(`/api/sync/projects/${id}`);
      // A request that finds Temporal slow leaves it to the sweep.
      await until(
        'Temporal to follow',
        async () => (await inTemporal(id))?.info.nextActionTimes[0]?.toISOString() === body.data.nextRunAt,
      );
    } finally {
      await other.close();
    }
  });

  it('keeps a change that is made while Temporal is away, and tells it later', async () => {
    const away = await startApi({
      databaseUrl: platform.databaseUrl,
      settings: { TEMPORAL_ADDRESS: '127.0.0.1:1', TEMPORAL_TASK_QUEUE: platform.taskQueue },
    });
    const later = schedulesOf(platform.api);
    try {
      const deleted = await addProject();
      const body = { name: randomUUID(), connectionId, schedule: YEARLY };
      const answer = await away.post('/api/sync/projects', body);
      expect(answer.status).toBe(201);
      const { id, nextRunAt } = answer.body.data;
      scheduled.push(id);
      expect(nextRunAt).not.toBeNull();
      expect((await away.delete(`/api/sync/projects/${deleted}`)).status).toBe(204);
      expect(await inTemporal(id)).toBeNull();
      await later.catchUp();
      expect((await inTemporal(id))?.info.nextActionTimes[0]?.toISOString()).toBe(nextRunAt);
      await later.reconcile();
      expect(await inTemporal(deleted)).toBeNull();
    } finally {
      await away.close();
      await later.close();
    }
  });
});
