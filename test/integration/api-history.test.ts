// The history of runs over HTTP, on a real Temporal server without a worker: what is queued stays to be seen.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApi, type TestApi } from '../support/api.ts';
import { testEnvironment } from '../support/environment.ts';
import { insertChange, insertProject, insertRun, insertUser } from '../support/factories.ts';
import { startPausableProxy } from '../support/pausable-proxy.ts';
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

describe('/api/sync/history', () => {
  it('filters by status, trigger, project and the time that pollers need', async () => {
    const { pool } = api.database;
    const project = { projectId: await insertProject(pool, connection), connectionId: connection };
    const at = (text: string) => new Date(text);
    const runs = {
      failed: await insertRun(pool, project, {
        status: 'failed',
        trigger: 'scheduled',
        queued_at: at('2025-01-01T00:00:00Z'),
        started_at: at('2025-01-01T00:00:01Z'),
        finished_at: at('2025-03-01T12:00:00Z'),
        error_code: 'invalid_credentials',
        error_message: 'The password is wrong.',
      }),
      completed: await insertRun(pool, project, {
        queued_at: at('2025-02-01T00:00:00Z'),
        started_at: at('2025-02-01T00:00:00Z'),
        finished_at: at('2025-02-01T00:00:02.5Z'),
      }),
      queued: await insertRun(pool, project, { status: 'queued', queued_at: at('2025-04-01T00:00:00Z') }),
    };
    const found = async (query: string) => {
      const { body } = await api.get(`/api/sync/history?projectId=${project.projectId}${query}`);
      expect(body.totalCount).toBe(body.data.length);
      return body.data.map(
        (run: { id: string }) => Object.entries(runs).find(([, id]) => id === run.id)?.[0],
      );
    };
    expect(await found('')).toEqual(['queued', 'failed', 'completed']);
    expect(await found('&sort=at')).toEqual(['completed', 'failed', 'queued']);
    expect(await found('&status=failed')).toEqual(['failed']);
    expect(await found('&trigger=scheduled')).toEqual(['failed']);
    // Queued before and failed after: a poller that asks since February sees it.
    expect(await found('&status=failed&since=2025-02-15')).toEqual(['failed']);
    expect(await found('&since=2025-02-01&until=2025-03-01T12:00:00Z')).toEqual(['completed']);
    expect(await found('&until=2025-03-01T13:00:00%2B01:00')).toEqual(['completed']);
    expect(await found('&since=2025-04-01')).toEqual(['queued']);
    for (const query of ['since=yesterday', 'since=2025-13-01', 'until=2025-01-01T00:00:00', 'status=odd'])
      expect([query, (await api.get(`/api/sync/history?${query}`)).status]).toEqual([query, 400]);
    const details = (await api.get(`/api/sync/history/${runs.failed}`)).body.data;
    expect(details).toMatchObject({
      error: { code: 'invalid_credentials', message: 'The password is wrong.' },
      steps: [],
    });
    expect((await api.get(`/api/sync/history/${runs.completed}`)).body.data).toMatchObject({
      durationMs: 2_500,
      error: null,
    });
  });

  it('shows steps with their attempts, changes and errors', async () => {
    const { pool } = api.database;
    const project = { projectId: await insertProject(pool, connection), connectionId: connection };
    const runId = await insertRun(pool, project);
    await pool.query(
      `insert into sync_run_step (run_id, name, position, status, attempt, started_at, counts, error_code, error_message)
       values ($1, 'read', 2, 'retrying', 3, '2025-01-01T00:00:00Z', '{"read": 5}', 'connection_lost', 'The server hung up.'),
              ($1, 'connect', 1, 'completed', 1, '2025-01-01T00:00:00Z', '{}', null, null)`,
      [runId],
    );
    await pool.query(
      `insert into sync_run_error (run_id, epoch, step, distinguished_name, code, message) values ($1, 1, 'read', 'cn=x', 'no_id', 'It has no id.')`,
      [runId],
    );
    const user = await insertUser(pool, connection, { display_name: 'Ann' });
    await insertChange(pool, {
      connectionId: connection,
      objectId: user,
      runId,
      kind: 'created',
      after: { mail: ['a@x'] },
    });
    const { data } = (await api.get(`/api/sync/history/${runId}`)).body;
    expect(data.steps).toEqual([
      expect.objectContaining({ name: 'connect', status: 'completed', error: null }),
      {
        name: 'read',
        status: 'retrying',
        attempt: 3,
        startedAt: '2025-01-01T00:00:00.000Z',
        finishedAt: null,
        counts: { read: 5 },
        error: { code: 'connection_lost', message: 'The server hung up.' },
      },
    ]);
    expect((await api.get(`/api/sync/history/${runId}/changes`)).body.data).toMatchObject([
      {
        objectId: user,
        objectClass: 'user',
        name: 'Ann',
        kind: 'created',
        attributes: [{ name: 'mail', before: null, after: ['a@x'] }],
      },
    ]);
    expect((await api.get(`/api/sync/history/${runId}/changes?kind=removed`)).body.totalCount).toBe(0);
    expect((await api.get(`/api/sync/history/${runId}/errors`)).body.data).toMatchObject([
      { code: 'no_id', distinguishedName: 'cn=x', step: 'read' },
    ]);
    for (const part of ['', '/changes', '/errors', '/pending-removals'])
      expect((await api.get(`/api/sync/history/${UNKNOWN_ID}${part}`)).status).toBe(404);
  });

  it('lists what a paused run would remove, and resumes only paused runs', async () => {
    const { pool } = api.database;
    const project = { projectId: await insertProject(pool, connection), connectionId: connection };
    const runId = await insertRun(pool, project, { status: 'paused', pause_reason: 'delete_threshold' });
    const user = await insertUser(pool, connection, { display_name: 'Leaving', source_id: 'leaving-1' });
    await pool.query('insert into sync_pending_removal (run_id, object_id) values ($1, $2)', [runId, user]);
    expect((await api.get(`/api/sync/history/${runId}/pending-removals`)).body.data).toEqual([
      {
        objectId: user,
        objectClass: 'user',
        name: 'Leaving',
        distinguishedName: null,
        sourceId: 'leaving-1',
        approved: false,
      },
    ]);
    const over = await insertRun(pool, project);
    expect((await api.post(`/api/sync/history/${over}/resume`)).status).toBe(409);
    expect((await api.post(`/api/sync/history/${UNKNOWN_ID}/resume`)).status).toBe(404);
  });

  it('answers 409 for a paused run whose workflow has ended, and 503 while Temporal is away', async () => {
    const { pool } = api.database;
    const project = { projectId: await insertProject(pool, connection), connectionId: connection };
    const runId = await insertRun(pool, project, { status: 'paused', pause_reason: 'delete_threshold' });
    const ended = await api.post(`/api/sync/history/${runId}/resume`);
    expect(ended.body).toMatchObject({ error: 'Conflict', statusCode: 409 });
    const [host = '', port] = testEnvironment().temporalAddress.split(':');
    const proxy = await startPausableProxy({ host, port: Number(port) });
    const settings = { TEMPORAL_ADDRESS: `127.0.0.1:${proxy.port}` };
    const other = await startApi({ databaseUrl: workerless.databaseUrl, settings });
    try {
      // The connection is made, and lost after.
      expect((await other.post(`/api/sync/history/${runId}/resume`)).status).toBe(409);
      await proxy.vanish();
      const away = await other.post(`/api/sync/history/${runId}/resume`);
      expect(away.body).toMatchObject({ error: 'Service Unavailable', statusCode: 503 });
      const headers = { 'x-request-id': 'cancelled-while-away' };
      const cancelled = await other.post(`/api/sync/history/${runId}/cancel`, undefined, { headers });
      expect(cancelled.status).toBe(202);
      const told = other.logLines.map((line) => JSON.parse(line)).filter((line) => line.runId === runId);
      expect(told).toMatchObject([{ requestId: 'cancelled-while-away' }]);
    } finally {
      await other.close();
      await proxy.close();
    }
  });

  it('cancels a queued run at once, asks a running one to stop, and refuses one that is over', async () => {
    const { pool } = api.database;
    const id = await created();
    const queued = (await api.post(`/api/sync/projects/${id}/run`)).body.data;
    const cancelled = await api.post(`/api/sync/history/${queued.id}/cancel`);
    expect(cancelled.status).toBe(202);
    expect(cancelled.body.data).toMatchObject({ status: 'cancelled', startedAt: null });
    expect(cancelled.body.data.finishedAt).not.toBeNull();
    const again = await api.post(`/api/sync/history/${queued.id}/cancel`);
    expect(again.status).toBe(409);
    expect(again.body.message).toContain('cancelled');
    const running = await insertRun(
      pool,
      { projectId: id, connectionId: connection },
      { status: 'running', started_at: new Date() },
    );
    const asked = await api.post(`/api/sync/history/${running}/cancel`);
    expect(asked.status).toBe(202);
    expect(asked.body.data.status).toBe('running');
    expect(asked.body.data.cancelRequestedAt).not.toBeNull();
    expect((await api.post(`/api/sync/history/${UNKNOWN_ID}/cancel`)).status).toBe(404);
  });
});
