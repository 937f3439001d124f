// Sync projects and runs over HTTP, on a real Temporal server without a worker: what is queued stays to be seen.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { startRunSweep } from '../../api/run-sweep.ts';
import { createSyncSchedules } from '../../api/sync-schedules.ts';
import { createSyncTrigger } from '../../api/sync-trigger.ts';
import { createTemporalAccess } from '../../api/temporal-access.ts';
import { startApi, type TestApi } from '../support/api.ts';
import { testEnvironment } from '../support/environment.ts';
import { insertClaim, insertConnection, insertRun, insertUser } from '../support/factories.ts';
import { until } from '../support/until.ts';
import { startWorkerlessApi, type WorkerlessApi } from '../support/workerless-api.ts';

const UNKNOWN_ID = '01a00000-0000-7000-8000-000000000000';

let workerless: WorkerlessApi;
let api: TestApi;
let connection: string;

beforeAll(async () => {
  workerless = await startWorkerlessApi();
  ({ api, connection } = workerless);
});

afterAll(() => workerless?.stop());

const created = (more?: object) => workerless.createProject(more);
const draft = (more?: object) => workerless.draft(more);

describe('POST /api/sync/projects', () => {
  it("takes a name and a connection, and gives the connector's scopes and the defaults", async () => {
    const answer = await api.post('/api/sync/projects', draft());
    expect(answer.status).toBe(201);
    expect(answer.headers.get('location')).toBe(`/api/sync/projects/${answer.body.data.id}`);
    expect(answer.body.data).toMatchObject({
      enabled: true,
      defaultMode: 'full',
      deleteThresholdPercent: 10,
      errorThreshold: 100,
      schedule: null,
      nextRunAt: null,
      lastRun: null,
      attributeMappings: [],
    });
    const classes = answer.body.data.scopes.map((scope: { objectClass: string }) => scope.objectClass);
    expect(classes).toEqual(expect.arrayContaining(['user', 'group']));
  });

  it.each([
    [{ connectionId: UNKNOWN_ID }, 'body.connectionId'],
    [{ connectionId: undefined }, 'body.connectionId'],
    [{ scopes: [] }, 'body.scopes'],
    [{ scopes: [{ objectClass: 'user', nope: 1 }] }, 'body.scopes.0.nope'],
    [{ deleteThresholdPercent: 101 }, 'body.deleteThresholdPercent'],
    [{ errorThreshold: -1 }, 'body.errorThreshold'],
    [{ enabled: 'yes' }, 'body.enabled'],
    [{ attributeMappings: [{ target: 'nope', source: 'x' }] }, 'body.attributeMappings.0.target'],
    [{ attributeMappings: [{ target: 'email', source: 'userPassword' }] }, 'body.attributeMappings.0.source'],
    [{ defaultMode: 'odd' }, 'body.defaultMode'],
    [{ idScanEveryRuns: -1 }, 'body.idScanEveryRuns'],
    [{ lastRun: null }, 'body.lastRun'],
  ])('refuses %j, naming %s', async (more, path) => {
    const answer = await api.post('/api/sync/projects', draft(more));
    expect(answer.status).toBe(400);
    expect(answer.body.details.map((detail: { path: string }) => detail.path)).toContain(path);
  });

  it('refuses a connection that is deleted at this moment', async () => {
    const { pool } = api.database;
    const leaving = await insertConnection(pool);
    const deletion = await pool.connect();
    try {
      await deletion.query('begin');
      await deletion.query('delete from connection where id = $1', [leaving]);
      const answer = api.post('/api/sync/projects', draft({ connectionId: leaving }));
      await until('the request to wait for the deletion', async () => {
        const { rows } = await pool.query(
          "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
        );
        return rows.length > 0;
      });
      await deletion.query('commit');
      expect((await answer).status).toBe(400);
      expect((await answer).body.details[0].path).toBe('body.connectionId');
    } finally {
      deletion.release();
    }
  });

  it('refuses a filter that the directory cannot read, and takes one that it can', async () => {
    const directory = await insertConnection(api.database.pool, {
      type: 'ldap',
      config: { url: 'ldap://127.0.0.1:1', baseDns: ['dc=x'] },
    });
    const scopes = (filter: string) => ({
      connectionId: directory,
      scopes: [{ objectClass: 'user', baseDn: 'dc=x', filter }],
    });
    const refused = await api.post('/api/sync/projects', draft(scopes('(uid=')));
    expect(refused.status).toBe(400);
    expect(refused.body.details[0].path).toBe('body.scopes.0.filter');
    expect((await api.post('/api/sync/projects', draft(scopes('(uid=a*)')))).status).toBe(201);
  });
});

describe('sync projects', () => {
  it('change field by field, are checked again, and keep their names apart', async () => {
    const id = await created();
    const changed = await api.patch(`/api/sync/projects/${id}`, {
      description: 'x',
      enabled: false,
      deleteThresholdPercent: 25.5,
      attributeMappings: [{ target: 'managerId', source: ['boss', 'manager'] }],
    });
    expect(changed.body.data).toMatchObject({
      description: 'x',
      enabled: false,
      deleteThresholdPercent: 25.5,
      attributeMappings: [{ target: 'managerId', source: ['boss', 'manager'] }],
    });
    expect((await api.patch(`/api/sync/projects/${id}`, { scopes: [{ objectClass: 'group' }] })).status).toBe(
      400,
    );
    expect(
      (await api.patch(`/api/sync/projects/${id}`, { connectionId: connection })).body.details[0].path,
    ).toBe('body.connectionId');
    const other = draft();
    await api.post('/api/sync/projects', other);
    expect((await api.patch(`/api/sync/projects/${id}`, { name: other.name })).status).toBe(409);
    expect((await api.post('/api/sync/projects', other)).status).toBe(409);
  });

  it('are listed with filters and their last run', async () => {
    const { pool } = api.database;
    const id = await created({ enabled: false, name: 'Needle in the list' });
    const runId = await insertRun(pool, { projectId: id, connectionId: connection }, { counts: { read: 7 } });
    const { body } = await api.get('/api/sync/projects?search=needle&enabled=false');
    expect(body.data).toHaveLength(1);
    expect(body.data[0].lastRun).toMatchObject({
      id: runId,
      status: 'completed',
      counts: { read: 7, created: 0 },
    });
    expect((await api.get('/api/sync/projects?search=needle&enabled=true')).body.totalCount).toBe(0);
    expect((await api.get(`/api/sync/projects?connectionId=${UNKNOWN_ID}`)).body.totalCount).toBe(0);
    expect((await api.get('/api/sync/projects?format=csv&search=needle')).text).toContain('lastRun.status');
  });

  it('go, with what only they claimed, but not while a run is queued', async () => {
    const { pool } = api.database;
    const id = await created();
    const user = await insertUser(pool, connection);
    await insertClaim(pool, { connectionId: connection, objectId: user, projectId: id });
    await api.post(`/api/sync/projects/${id}/run`);
    expect((await api.delete(`/api/sync/projects/${id}`)).status).toBe(409);
    const [run] = (await api.get(`/api/sync/history?projectId=${id}`)).body.data;
    await api.post(`/api/sync/history/${run.id}/cancel`);
    expect((await api.delete(`/api/sync/projects/${id}`)).status).toBe(204);
    expect((await api.get(`/api/sync/projects/${id}`)).status).toBe(404);
    expect((await api.delete(`/api/sync/projects/${id}`)).status).toBe(404);
    expect((await api.get(`/api/users/${user}`)).body.data.removedAt).not.toBeNull();
    expect((await api.get(`/api/sync/history/${run.id}`)).status).toBe(200);
  });
});

describe('POST /api/sync/projects/{id}/run', () => {
  it('queues a run, says where it is and starts the workflow', async () => {
    const id = await created();
    const answer = await api.post(`/api/sync/projects/${id}/run`, { note: 'after the import' });
    expect(answer.status).toBe(202);
    const run = answer.body.data;
    expect(answer.headers.get('location')).toBe(`/api/sync/history/${run.id}`);
    expect(run).toMatchObject({
      projectId: id,
      status: 'queued',
      trigger: 'api',
      triggeredBy: 'admin',
      mode: 'full',
      dryRun: false,
      note: 'after the import',
    });
    const temporal = createTemporalAccess(testEnvironment().temporalAddress, 'default');
    try {
      const client = await temporal.client();
      const description = await client.workflow.getHandle(`sync-project:${id}`).describe();
      expect(description.status.name).toBe('RUNNING');
      expect(description.memo).toMatchObject({ project: run.projectName });
    } finally {
      await temporal.close();
    }
  });

  it('joins a queued run that asks for the same, and no other', async () => {
    const id = await created();
    const trigger = async (body?: object) =>
      (await api.post(`/api/sync/projects/${id}/run`, body)).body.data.id;
    const first = await trigger();
    expect(await trigger({ mode: 'full' })).toBe(first);
    const other = await trigger({ overrideDeleteThreshold: true });
    expect(other).not.toBe(first);
    expect(await trigger({ overrideDeleteThreshold: true })).toBe(other);
    expect(
      (await Promise.all(Array.from({ length: 8 }, () => trigger()))).every((run) => run === first),
    ).toBe(true);
  });

  it.each([
    [{ dryRun: true, mode: 'incremental' }, 'body.mode'],
    [{ mode: 'odd' }, 'body.mode'],
    [{ nope: 1 }, 'body.nope'],
  ])('refuses %j', async (body, path) => {
    const answer = await api.post(`/api/sync/projects/${await created()}/run`, body);
    expect(answer.body.details[0].path).toBe(path);
  });

  it('answers 404 for strangers and 409 for a project that is switched off', async () => {
    expect((await api.post(`/api/sync/projects/${UNKNOWN_ID}/run`)).status).toBe(404);
    expect((await api.post(`/api/sync/projects/${await created({ enabled: false })}/run`)).status).toBe(409);
  });

  it('says in the log whether a request queued a run or joined one', async () => {
    const id = await created();
    for (const request of ['first-of-two-requests', 'second-of-two-requests'])
      await api.post(`/api/sync/projects/${id}/run`, undefined, { headers: { 'x-request-id': request } });
    const lines = api.logLines.map((line) => JSON.parse(line)).filter((line) => line.projectId === id);
    expect(lines).toMatchObject([
      { requestId: 'first-of-two-requests', msg: 'queued a run' },
      { requestId: 'second-of-two-requests', msg: 'joined a queued run' },
    ]);
  });

  it('is started by the sweep although another project cannot be', async () => {
    const { pool } = api.database;
    const ids = [await created(), await created()];
    for (const [index, projectId] of ids.entries())
      await insertRun(
        pool,
        { projectId, connectionId: connection },
        { status: 'queued', queued_at: new Date(index * 1_000) },
      );
    const temporal = createTemporalAccess(testEnvironment().temporalAddress, 'default');
    const real = createSyncTrigger(temporal, api.settings.TEMPORAL_TASK_QUEUE);
    const ensureStarted: typeof real.ensureStarted = (project) =>
      project.projectId === ids[0] ? Promise.reject(new Error('refused')) : real.ensureStarted(project);
    const logger = pino({ level: 'silent' });
    const schedules = createSyncSchedules({ ...api, temporal, logger });
    const sweep = startRunSweep({
      pool,
      trigger: { ...real, ensureStarted },
      schedules,
      logger,
      everyMs: 60_000,
    });
    try {
      await sweep.sweep();
      const { workflow } = await temporal.client();
      const state = (id = '') => workflow.getHandle(`sync-project:${id}`).describe();
      expect((await state(ids[1])).status.name).toBe('RUNNING');
      await expect(state(ids[0])).rejects.toThrow('not found');
    } finally {
      await sweep.stop();
      await temporal.close();
    }
  });

  it('loses nothing while Temporal is away: the sweep starts the workflow later', async () => {
    const away = await startApi({ databaseUrl: workerless.databaseUrl });
    const id = await created();
    try {
      const answer = await away.post(`/api/sync/projects/${id}/run`);
      expect(answer.status).toBe(202);
      expect(answer.body.data.status).toBe('queued');
    } finally {
      await away.close();
    }
    const temporal = createTemporalAccess(testEnvironment().temporalAddress, 'default');
    const trigger = createSyncTrigger(temporal, api.settings.TEMPORAL_TASK_QUEUE);
    const logger = pino({ level: 'silent' });
    const schedules = createSyncSchedules({ ...api, temporal, logger });
    const sweep = startRunSweep({ pool: api.database.pool, trigger, schedules, logger, everyMs: 200 });
    try {
      const client = await temporal.client();
      const started = await until('the sweep to start the workflow', () =>
        client.workflow
          .getHandle(`sync-project:${id}`)
          .describe()
          .catch(() => null),
      );
      expect(started.status.name).toBe('RUNNING');
    } finally {
      await sweep.stop();
      await temporal.close();
    }
  });
});
