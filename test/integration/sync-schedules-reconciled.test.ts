// What keeps Temporal's schedules and the rows of projects alike: several processes, time without Temporal, strangers.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ScheduleDescription } from '@temporalio/client';
import { pino } from 'pino';
import { createSyncSchedules } from '../../api/sync-schedules.ts';
import { createTemporalAccess } from '../../api/temporal-access.ts';
import { syncScheduleId } from '../../workflows/messages.ts';
import { startApi, TEST_SECRET_KEY, type TestApi } from '../support/api.ts';
import { startApiProcess } from '../support/api-process.ts';
import { testEnvironment } from '../support/environment.ts';
import { openScheduleLab, type ScheduleLab, YEARLY } from '../support/schedule-lab.ts';
import { until } from '../support/until.ts';

let lab: ScheduleLab;

beforeAll(async () => {
  lab = await openScheduleLab();
}, 180_000);

afterAll(() => lab?.close());

function schedulesOf(api: TestApi, address: string | undefined = testEnvironment().temporalAddress) {
  const temporal = createTemporalAccess(address, 'default');
  const logger = pino({ level: 'silent' });
  return { ...createSyncSchedules({ ...api, temporal, logger }), close: () => temporal.close() };
}

describe('reconciling', () => {
  it('makes what is missing, mends what differs, deletes what has no project, and leaves others alone', async () => {
    const { pool } = lab.platform.api.database;
    const [missing, paused, kept] = [await lab.addProject(), await lab.addProject(), await lab.addProject()];
    const orphan = await lab.addProject();
    const stranger = randomUUID();
    lab.removeAtEnd(stranger);
    const { action, spec } = (await lab.inTemporal(kept)) as ScheduleDescription;
    await lab.client.schedule.create({
      scheduleId: syncScheduleId(stranger),
      spec,
      action: { ...action, args: [{ projectId: stranger }] },
      memo: { installation: randomUUID() },
    });
    await lab.handleOf(missing).delete();
    await lab.handleOf(paused).pause('by hand');
    await pool.query('delete from sync_project where id = $1', [orphan]);
    const listed = async (expected: (ids: Map<string, boolean>) => boolean) =>
      until('the list of schedules to show it', async () => {
        const ids = new Map<string, boolean>();
        for await (const one of lab.client.schedule.list()) ids.set(one.scheduleId, one.state.paused);
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
    const several = [
      schedulesOf(lab.platform.api),
      schedulesOf(lab.platform.api),
      schedulesOf(lab.platform.api),
    ];
    await Promise.all(several.map((one) => one.reconcile()));
    expect(await lab.inTemporal(missing)).toMatchObject({ state: { paused: false } });
    expect(await lab.inTemporal(paused)).toMatchObject({ state: { paused: false } });
    expect(await lab.inTemporal(orphan)).toBeNull();
    expect(await lab.inTemporal(stranger)).not.toBeNull();
    const before = (await lab.inTemporal(kept))?.info.lastUpdatedAt;
    await Promise.all(several.map((one) => one.reconcile()));
    expect((await lab.inTemporal(kept))?.info.lastUpdatedAt).toEqual(before);
    await Promise.all(several.map((one) => one.close()));
  }, 60_000);

  it('happens when an API process starts, both ways', async () => {
    const [missing, orphan] = [await lab.addProject(), await lab.addProject()];
    await lab.handleOf(missing).delete();
    await lab.platform.api.database.pool.query('delete from sync_project where id = $1', [orphan]);
    await until('the list of schedules to show it', async () => {
      const ids = new Set<string>();
      for await (const { scheduleId } of lab.client.schedule.list()) ids.add(scheduleId);
      return !ids.has(syncScheduleId(missing)) && ids.has(syncScheduleId(orphan));
    });
    const { databaseUrl, taskQueue, api } = lab.platform;
    const started = startApiProcess({
      url: databaseUrl,
      taskQueue,
      home: api.settings.IDENTITY_CENTER_HOME,
      secretKey: TEST_SECRET_KEY,
    });
    try {
      await until('both to be mended', async () => {
        const [made, deleted] = [await lab.inTemporal(missing), await lab.inTemporal(orphan)];
        return made !== null && deleted === null;
      });
    } finally {
      await started.kill();
    }
  }, 90_000);

  it('follows changes that were made at once in several processes', async () => {
    const other = await startApi({
      databaseUrl: lab.platform.databaseUrl,
      settings: {
        TEMPORAL_ADDRESS: testEnvironment().temporalAddress,
        TEMPORAL_TASK_QUEUE: lab.platform.taskQueue,
      },
    });
    try {
      const id = await lab.addProject();
      const change = (api: TestApi, hour: number) =>
        api.patch(`/api/sync/projects/${id}`, { schedule: { cron: `0 ${hour} 1 1 *`, timeZone: 'UTC' } });
      await Promise.all([0, 1, 2, 3, 4, 5].map((hour) => change(hour % 2 ? other : lab.platform.api, hour)));
      const { body } = await lab.platform.api.get(`/api/sync/projects/${id}`);
      // A request that finds Temporal slow leaves it to the sweep.
      await until(
        'Temporal to follow',
        async () =>
          (await lab.inTemporal(id))?.info.nextActionTimes[0]?.toISOString() === body.data.nextRunAt,
      );
    } finally {
      await other.close();
    }
  });

  it('keeps a change that is made while Temporal is away, and tells it later', async () => {
    const away = await startApi({
      databaseUrl: lab.platform.databaseUrl,
      settings: { TEMPORAL_ADDRESS: '127.0.0.1:1', TEMPORAL_TASK_QUEUE: lab.platform.taskQueue },
    });
    const later = schedulesOf(lab.platform.api);
    try {
      const deleted = await lab.addProject();
      const body = { name: randomUUID(), connectionId: lab.connectionId, schedule: YEARLY };
      const answer = await away.post('/api/sync/projects', body);
      expect(answer.status).toBe(201);
      const { id, nextRunAt } = answer.body.data;
      lab.removeAtEnd(id);
      expect(nextRunAt).not.toBeNull();
      expect((await away.delete(`/api/sync/projects/${deleted}`)).status).toBe(204);
      expect(await lab.inTemporal(id)).toBeNull();
      await later.catchUp();
      expect((await lab.inTemporal(id))?.info.nextActionTimes[0]?.toISOString()).toBe(nextRunAt);
      await later.reconcile();
      expect(await lab.inTemporal(deleted)).toBeNull();
    } finally {
      await away.close();
      await later.close();
    }
  });
});
