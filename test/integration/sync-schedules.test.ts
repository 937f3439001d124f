// Schedules of projects as Temporal's server has them, and the runs that they start.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { enqueueScheduledRun } from '../../database/queries/enqueue-scheduled-run.ts';
import { lockConnection } from '../../database/run-fence.ts';
import { transaction } from '../../database/sql.ts';
import { nextRunAfter } from '../../domain/schedule.ts';
import { syncProjectWorkflowId, syncScheduleId } from '../../workflows/messages.ts';
import { OVER } from '../support/platform.ts';
import { openScheduleLab, type ScheduleLab, YEARLY } from '../support/schedule-lab.ts';
import { until } from '../support/until.ts';

let lab: ScheduleLab;

beforeAll(async () => {
  lab = await openScheduleLab();
}, 180_000);

afterAll(() => lab?.close());

const history = async (projectId: string) =>
  (await lab.platform.api.get(`/api/sync/history?projectId=${projectId}&sort=queuedAt`)).body.data;

describe('the schedule of a project', () => {
  it.each([
    [{ cron: '0 0 31 2 *', timeZone: 'UTC' }, 'body.schedule.cron', 'names a date that never comes'],
    [{ cron: '0 2 * *', timeZone: 'UTC' }, 'body.schedule.cron', 'has 4 fields'],
    [{ cron: '0 2 * * *', timeZone: 'Mars/Olympus' }, 'body.schedule.timeZone', 'IANA'],
  ])('is refused with the reason: %j', async (schedule, path, reason) => {
    const body = { name: randomUUID(), connectionId: lab.connectionId, schedule };
    const answer = await lab.platform.api.post('/api/sync/projects', body);
    expect(answer.status).toBe(400);
    expect(answer.body.details).toEqual([{ path, message: expect.stringContaining(reason) }]);
    const patched = await lab.platform.api.patch(`/api/sync/projects/${await lab.addProject({})}`, {
      schedule,
    });
    expect(patched.body.details[0].path).toBe(path);
  });

  it('stands in Temporal, is paused with its project, changed with it and deleted with it', async () => {
    const id = await lab.addProject();
    const path = `/api/sync/projects/${id}`;
    const made = await lab.inTemporal(id);
    expect(made).toMatchObject({
      spec: { timezone: 'Europe/Berlin' },
      policies: { overlap: 'SKIP', catchupWindow: 3_600_000 },
      state: { paused: false },
    });
    const { body } = await lab.platform.api.get(path);
    expect(body.data).toMatchObject({
      schedule: YEARLY,
      nextRunAt: made?.info.nextActionTimes[0]?.toISOString(),
    });

    const off = await lab.platform.api.patch(path, { enabled: false });
    expect(off.body.data.nextRunAt).toBeNull();
    expect((await lab.inTemporal(id))?.state.paused).toBe(true);

    const changed = { cron: '30 4 1 2 *', timeZone: 'America/New_York' };
    const on = await lab.platform.api.patch(path, { enabled: true, schedule: changed });
    const told = await lab.inTemporal(id);
    expect(told?.state.paused).toBe(false);
    expect(on.body.data.nextRunAt).toBe(told?.info.nextActionTimes[0]?.toISOString());
    expect(on.body.data.nextRunAt).toMatch(/-02-01T09:30:00.000Z$/);

    expect((await lab.platform.api.patch(path, { schedule: null })).body.data.nextRunAt).toBeNull();
    expect(await lab.inTemporal(id)).toBeNull();
    await lab.platform.api.patch(path, { schedule: YEARLY });
    expect(await lab.inTemporal(id)).not.toBeNull();
    expect((await lab.platform.api.delete(path)).status).toBe(204);
    expect(await lab.inTemporal(id)).toBeNull();
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
      const id = await lab.addProject({ enabled: false, schedule: { cron, timeZone } });
      const from = new Date('2027-01-15T00:30:00Z');
      const to = new Date('2028-01-15T00:30:00Z');
      const { startTime } = await lab.client.workflowService.listScheduleMatchingTimes({
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
    const id = await lab.addProject();
    await lab.handleOf(id).trigger();
    const [run] = await until('the scheduled run', async () => {
      const runs = await history(id);
      return runs.length > 0 && runs;
    });
    expect(run).toMatchObject({ trigger: 'scheduled', triggeredBy: null, mode: 'full' });
    expect(run.scheduledFor).not.toBeNull();
    const over = await lab.platform.runWith(run.id, OVER);
    expect(over).toMatchObject({ status: 'completed', counts: { read: 2 } });
    const again = await enqueueScheduledRun(lab.platform.api.database.pool, {
      projectId: id,
      scheduledFor: new Date(run.scheduledFor),
      workflowId: syncProjectWorkflowId(id),
    });
    expect(again).toMatchObject({ outcome: 'ended', runId: run.id });
    expect(await history(id)).toHaveLength(1);
  }, 60_000);

  it('is skipped with a record while a run is going; what somebody triggers is queued all the same', async () => {
    const id = await lab.addProject();
    const { api } = lab.platform;
    const { runs, going } = await transaction(api.database.pool, async (holder) => {
      // Holds the connection's turn, so that the run is still going when the time comes.
      await lockConnection(holder, lab.connectionId);
      const first = await api.post(`/api/sync/projects/${id}/run`);
      await lab.platform.runWith(first.body.data.id, ['running']);
      await lab.handleOf(id).trigger();
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
    for (const run of runs)
      expect(await lab.platform.runWith(run, OVER)).toMatchObject({ status: 'completed' });
  }, 60_000);

  it('starts nothing for a project that was switched off or deleted without a word to Temporal', async () => {
    const { pool } = lab.platform.api.database;
    const id = await lab.addProject();
    const request = { scheduledFor: new Date(), workflowId: syncProjectWorkflowId(id) };
    await pool.query('update sync_project set enabled = false where id = $1', [id]);
    expect(await enqueueScheduledRun(pool, { projectId: id, ...request })).toMatchObject({ outcome: 'none' });
    const gone = await enqueueScheduledRun(pool, { projectId: randomUUID(), ...request });
    expect(gone).toMatchObject({ outcome: 'none' });
    expect(await history(id)).toEqual([]);
  });
});
