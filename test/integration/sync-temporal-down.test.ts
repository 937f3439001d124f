// Temporal's server is stopped and started: what is triggered and saved meanwhile is neither lost nor done twice.
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { pino } from 'pino';
import { startRunSweep } from '../../api/run-sweep.ts';
import type { Sweep } from '../../api/sweep.ts';
import { createSyncSchedules } from '../../api/sync-schedules.ts';
import { createSyncTrigger } from '../../api/sync-trigger.ts';
import { createTemporalAccess } from '../../api/temporal-access.ts';
import { startTemporalServer, type TemporalServer } from '../../tools/temporal-server.ts';
import { syncScheduleId } from '../../workflows/messages.ts';
import { startApi, TEST_SECRET_KEY, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { testEnvironment } from '../support/environment.ts';
import { until } from '../support/until.ts';
import { startWorker, type WorkerProcess } from '../support/worker.ts';

const taskQueue = `temporal-down-${randomUUID()}`;
let directory: string;
let database: TestDatabase;
let temporal: TemporalServer;
let access: ReturnType<typeof createTemporalAccess>;
let api: TestApi;
let worker: WorkerProcess;
let sweep: Sweep;

const startTemporal = (port?: number) =>
  startTemporalServer({
    cli: testEnvironment().temporalCli,
    directory,
    persistent: true,
    headless: true,
    ...(port !== undefined && { port }),
  });

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'identity-center-temporal-down-'));
  database = await createTestDatabase();
  temporal = await startTemporal();
  api = await startApi({
    databaseUrl: database.url,
    settings: { TEMPORAL_ADDRESS: temporal.address, TEMPORAL_TASK_QUEUE: taskQueue },
  });
  // As the API process has it, at its pace's multiple.
  access = createTemporalAccess(temporal.address, 'default');
  const logger = pino({ level: 'silent' });
  sweep = startRunSweep({
    pool: api.database.pool,
    trigger: createSyncTrigger(access, taskQueue),
    schedules: createSyncSchedules({ ...api, temporal: access, logger }),
    logger,
    everyMs: 500,
  });
  worker = await startWorker({
    databaseUrl: database.url,
    taskQueue,
    home: api.settings.IDENTITY_CENTER_HOME,
    secretKey: TEST_SECRET_KEY,
    environment: { TEMPORAL_ADDRESS: temporal.address },
  });
  mkdirSync(api.importDirectory, { recursive: true });
  writeFileSync(join(api.importDirectory, 'people.csv'), 'id,displayName\n1,Ada\n2,Grace\n');
}, 180_000);

afterAll(async () => {
  await sweep?.stop();
  await worker?.stop();
  await access?.close();
  await api?.close();
  await temporal?.stop();
  await database?.drop();
  rmSync(directory, { recursive: true, force: true });
});

it('runs what was triggered while Temporal was down, once, and tells it the schedule that was saved', async () => {
  const made = await api.post('/api/connections', {
    name: 'people',
    type: 'csv',
    config: { file: 'people.csv', keyColumn: 'id' },
  });
  const project = await api.post('/api/sync/projects', {
    name: 'people',
    connectionId: made.body.data.id,
    scopes: [{ objectClass: 'user' }],
  });
  const { id } = project.body.data;
  const { port } = temporal;
  await temporal.stop();

  const triggered = await api.post(`/api/sync/projects/${id}/run`);
  expect([triggered.status, triggered.body.data.status]).toEqual([202, 'queued']);
  const again = await api.post(`/api/sync/projects/${id}/run`);
  expect(again.body.data.id).toBe(triggered.body.data.id);
  const schedule = { cron: '17 3 14 7 *', timeZone: 'Europe/Berlin' };
  const saved = await api.patch(`/api/sync/projects/${id}`, { schedule });
  expect(saved.body.data).toMatchObject({ schedule, nextRunAt: expect.any(String) });
  const health = await api.get('/api/health', { token: null });
  expect(health.body).toMatchObject({ status: 'degraded', checks: { temporal: { status: 'unhealthy' } } });

  temporal = await startTemporal(port);
  expect(temporal.port).toBe(port);
  const over = await until('the run to complete', async () => {
    const { body } = await api.get(`/api/sync/history/${triggered.body.data.id}`);
    return ['completed', 'failed', 'cancelled'].includes(body.data.status) && body.data;
  });
  expect(over).toMatchObject({ status: 'completed', counts: { read: 2, created: 2 } });
  expect((await api.get(`/api/sync/history?projectId=${id}`)).body.totalCount).toBe(1);

  const connection = await Connection.connect({ address: temporal.address });
  try {
    const { schedule: schedules } = new Client({ connection });
    const told = await until('Temporal to know the schedule', () =>
      schedules
        .getHandle(syncScheduleId(id))
        .describe()
        .catch(() => null),
    );
    expect(told.info.nextActionTimes[0]?.toISOString()).toBe(saved.body.data.nextRunAt);
  } finally {
    await connection.close();
  }
}, 120_000);
