// Runs that nobody works on: they are seen, start when a worker comes, and can be cancelled without one.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { judgeOpenRuns } from '../../api/stalled-runs.ts';
import { createSyncTrigger } from '../../api/sync-trigger.ts';
import { createTemporalAccess } from '../../api/temporal-access.ts';
import { lockConnection } from '../../database/run-fence.ts';
import { transaction } from '../../database/sql.ts';
import { syncProjectWorkflowId } from '../../workflows/messages.ts';
import { startApi, type TestApi } from '../support/api.ts';
import { testEnvironment } from '../support/environment.ts';
import { openSyncLab, type SyncLab } from '../support/sync-lab.ts';
import { until } from '../support/until.ts';

let lab: SyncLab;
let api: TestApi;
let connectionId: string;
let projectId: string;
let judge: (seconds: number) => Promise<void>;
let close: () => Promise<void>;

beforeEach(async () => {
  lab = await openSyncLab();
  const temporalAddress = testEnvironment().temporalAddress;
  api = await startApi({
    databaseUrl: lab.url,
    settings: { TEMPORAL_ADDRESS: temporalAddress, TEMPORAL_TASK_QUEUE: lab.taskQueue },
  });
  mkdirSync(join(lab.home, 'import'), { recursive: true });
  writeFileSync(join(lab.home, 'import', 'people.csv'), 'id,displayName\n1,Ada\n2,Grace\n');
  connectionId = await lab.addConnection('csv', { file: 'people.csv', keyColumn: 'id' });
  projectId = await lab.addProject({
    connectionId,
    scopes: [{ objectClass: 'user', baseDn: null, filter: null }],
  });
  const temporal = createTemporalAccess(temporalAddress, 'default');
  const trigger = createSyncTrigger(temporal, lab.taskQueue);
  judge = (seconds) =>
    judgeOpenRuns({ pool: lab.database.pool, trigger, logger: pino({ level: 'silent' }) }, seconds);
  close = () => temporal.close();
});

afterEach(async () => {
  await close?.();
  await api?.close();
  await lab?.close();
});

const details = async (runId: string) => (await api.get(`/api/sync/history/${runId}`)).body.data;
const triggered = async (): Promise<string> => {
  const answer = await api.post(`/api/sync/projects/${projectId}/run`);
  expect(answer.status).toBe(202);
  return answer.body.data.id;
};
const stalledAs = (runId: string, code: string, seconds: number) =>
  until(`the run to be seen as ${code}`, async () => {
    await judge(seconds);
    const { stalled } = await details(runId);
    return stalled?.code === code && stalled;
  });
const healthSays = (count: number) =>
  until(`health to count ${count}`, async () => {
    const { body } = await api.get('/api/health', { token: null });
    return body.checks.stalledRuns.count === count && body;
  });

describe('a run that nobody works on', () => {
  it('is seen while no worker is there, and runs when one comes', async () => {
    const id = await triggered();
    const stalled = await stalledAs(id, 'no_worker', 0);
    expect(stalled.message).toContain('start one');
    expect(await healthSays(1)).toMatchObject({
      status: 'degraded',
      checks: { stalledRuns: { status: 'unhealthy' }, workers: { status: 'unhealthy' } },
    });
    await lab.startWorker();
    expect(await lab.runOver(id)).toMatchObject({ status: 'completed' });
    expect((await details(id)).stalled).toBeNull();
    await healthSays(0);
  }, 90_000);

  it('is seen when workers do not have its workflow, and makes room for others when it is cancelled', async () => {
    const workflowId = syncProjectWorkflowId(projectId);
    await lab.client.workflow.start('workflowOfYesterday', { workflowId, taskQueue: lab.taskQueue });
    await lab.startWorker();
    const id = await triggered();
    await stalledAs(id, 'workflow_failing', 0);
    expect((await details(id)).status).toBe('queued');
    expect((await api.post(`/api/sync/history/${id}/cancel`)).body.data.status).toBe('cancelled');
    const { status } = await lab.client.workflow.getHandle(workflowId).describe();
    expect(status.name).toBe('TERMINATED');
    expect(await lab.runOver(await triggered())).toMatchObject({ status: 'completed' });
  }, 90_000);

  it('is seen when workers do not know its next step, and ends when it is cancelled', async () => {
    const older = await lab.startWorker({ WITHOUT_STEP: 'readSource' }, 'test/support/older-worker.ts');
    const id = await triggered();
    const stalled = await stalledAs(id, 'step_unknown', 0);
    expect(stalled.message).toContain('of another version');
    expect(await details(id)).toMatchObject({ status: 'running', progress: { step: 'connect' } });
    await healthSays(1);
    expect((await api.post(`/api/sync/history/${id}/cancel`)).status).toBe(202);
    expect(await lab.runOver(id)).toMatchObject({ status: 'cancelled', counts: { created: 0 } });
    await healthSays(0);
    // A run that waits for its step goes on as soon as a worker knows it.
    const next = await triggered();
    await stalledAs(next, 'step_unknown', 0);
    await older.stop();
    await lab.startWorker();
    expect(await lab.runOver(next)).toMatchObject({ status: 'completed', counts: { created: 2 } });
    expect((await details(next)).stalled).toBeNull();
  }, 120_000);

  it('is cancelled although its worker is gone, and the next one runs', async () => {
    const worker = await lab.startWorker();
    const id = await transaction(lab.database.pool, async (client) => {
      // Holds the connection's turn, so that the run is still going when its worker is killed.
      await lockConnection(client, connectionId);
      const runId = await lab.trigger(projectId);
      await until('the run to wait for its turn', async () => {
        const { steps } = await lab.runRow(runId);
        return steps.some(({ name, status }) => name === 'merge' && status === 'running');
      });
      await worker.kill('SIGKILL');
      return runId;
    });
    await stalledAs(id, 'no_worker', 1);
    expect((await api.post(`/api/sync/history/${id}/cancel`)).status).toBe(202);
    await until('the run to end', async () => {
      await judge(1);
      return (await details(id)).status === 'cancelled';
    });
    const next = await triggered();
    await lab.startWorker();
    expect(await lab.runOver(next)).toMatchObject({ status: 'completed', counts: { read: 2 } });
    expect(await details(id)).toMatchObject({ status: 'cancelled', stalled: null });
  }, 120_000);
});

describe('a project that misses its schedule', () => {
  it('stands in health and says since when, until a run completes', async () => {
    const { pool } = lab.database;
    const overdue = async () => (await api.get(`/api/sync/projects/${projectId}`)).body.data.overdueSince;
    const counted = (count: number) =>
      until(`health to count ${count}`, async () => {
        const { body } = await api.get('/api/health', { token: null });
        return body.checks.schedules.count === count && body.checks.schedules;
      });
    await api.patch(`/api/sync/projects/${projectId}`, {
      schedule: { cron: '0 2 * * *', timeZone: 'UTC' },
    });
    expect(await overdue()).toBeNull();
    expect(await counted(0)).toMatchObject({ status: 'healthy' });
    await pool.query("update sync_project set schedule_changed_at = now() - interval '3 days'");
    expect(await overdue()).not.toBeNull();
    expect(await counted(1)).toMatchObject({ status: 'unhealthy' });
    await lab.startWorker();
    await lab.runOver(await triggered());
    expect(await overdue()).toBeNull();
    expect(await counted(0)).toMatchObject({ status: 'healthy' });
    await api.delete(`/api/sync/projects/${projectId}`);
  }, 90_000);
});
