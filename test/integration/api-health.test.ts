// Health while parts are well, away or hanging, and the pages of the documentation.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { testEnvironment } from '../support/environment.ts';
import { insertConnection, insertProject, insertRun } from '../support/factories.ts';
import { type PausableProxy, startPausableProxy } from '../support/pausable-proxy.ts';
import { until } from '../support/until.ts';

let database: TestDatabase;
const ending: (() => Promise<void>)[] = [];

beforeEach(async () => {
  database = await createTestDatabase();
});

afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
  await database.drop();
});

async function start(databaseUrl: string, settings: Record<string, string> = {}): Promise<TestApi> {
  const api = await startApi({ databaseUrl, settings });
  ending.push(() => api.close());
  return api;
}

async function proxied(): Promise<{ api: TestApi; proxy: PausableProxy }> {
  const url = new URL(database.url);
  const proxy = await startPausableProxy({ host: url.hostname, port: Number(url.port) });
  ending.push(() => proxy.close());
  url.host = `127.0.0.1:${proxy.port}`;
  return { api: await start(url.href, { IDENTITY_CENTER_RATE_LIMIT_PER_MINUTE: '1000' }), proxy };
}

async function timedHealth(api: TestApi) {
  const started = performance.now();
  const answer = await api.get('/api/health', { token: null });
  return { ...answer, ms: performance.now() - started };
}

describe('GET /api/health', () => {
  it('is open, bare, and degraded while Temporal is not there', async () => {
    const { status, body } = await timedHealth(await start(database.url));
    expect(status).toBe(200);
    expect(body).toMatchObject({
      status: 'degraded',
      version: '0.0.0',
      checks: {
        database: { status: 'healthy' },
        temporal: { status: 'unhealthy' },
        workers: { status: 'unhealthy' },
      },
    });
    expect(body.uptimeSeconds).toBeGreaterThanOrEqual(0);
  });

  it('tells a Temporal without workers from none', async () => {
    const api = await start(database.url, {
      TEMPORAL_ADDRESS: testEnvironment().temporalAddress,
      TEMPORAL_TASK_QUEUE: `nobody-${Date.now()}`,
    });
    const { body } = await timedHealth(api);
    expect(body).toMatchObject({
      status: 'degraded',
      checks: {
        temporal: { status: 'healthy' },
        workers: { status: 'unhealthy', message: 'No worker is polling.' },
      },
    });
  });

  it('answers 503 within a second when the database hangs, and lists answer 503 when it is gone', async () => {
    const { api, proxy } = await proxied();
    const token = await api.login();
    expect((await timedHealth(api)).body.checks.database.status).toBe('healthy');
    proxy.hang();
    // Once: this machine may be busy with something else for a moment.
    const unhealthySoon = () =>
      until('health to tell within a second', async () => {
        const health = await timedHealth(api);
        return health.status === 503 && health.ms < 1_000 && health;
      });
    expect((await unhealthySoon()).body.status).toBe('unhealthy');
    await proxy.vanish();
    await unhealthySoon();
    const users = await api.get('/api/users', { token });
    expect(users.status).toBe(503);
    expect(users.body).toMatchObject({ error: 'Service Unavailable', statusCode: 503 });
    expect(users.headers.get('retry-after')).toBe('5');
    expect(users.text).not.toMatch(/ECONN|127\.0\.0\.1/);
  });

  it('is degraded while a receiver of notifications takes none', async () => {
    const api = await start(database.url);
    await api.database.pool.query(`
      insert into notification_channel (name) values ('webhook');
      insert into notification (project_id, type, data) values (gen_random_uuid(), 'sync.run.failed', '{}');
      insert into notification_delivery (notification_id, channel, project_id, attempts)
      select id, 'webhook', project_id, 2 from notification`);
    const { body } = await timedHealth(api);
    expect(body).toMatchObject({
      status: 'degraded',
      checks: {
        notifications: {
          status: 'unhealthy',
          count: 1,
          message: '1 not taken by their receiver.',
        },
      },
    });
  });

  it('counts the projects whose last run failed', async () => {
    const api = await start(database.url);
    const { pool } = api.database;
    const connectionId = await insertConnection(pool);
    const project = async (enabled: boolean, runs: object[]) => {
      const projectId = await insertProject(pool, connectionId, { enabled });
      for (const columns of runs) await insertRun(pool, { projectId, connectionId }, { ...columns });
    };
    const [failed, completed] = [{ status: 'failed' }, { status: 'completed' }];
    await project(true, [completed, failed, { status: 'cancelled' }, { status: 'running' }]);
    await project(true, [failed, { status: 'completed', dry_run: true }]);
    await project(true, [failed, completed, { status: 'failed', dry_run: true }]);
    await project(false, [failed]);
    await project(true, []);
    expect((await timedHealth(api)).body.checks.failedProjects).toMatchObject({
      status: 'healthy',
      count: 2,
      message: 'The last run of 2 failed; history has the reasons.',
    });
  });

  it('shares one look among all who ask within a second', async () => {
    const api = await start(database.url);
    const answers = await Promise.all(Array.from({ length: 40 }, () => timedHealth(api)));
    expect(new Set(answers.map(({ body }) => JSON.stringify(body.checks))).size).toBe(1);
    expect(api.database.pool.totalCount).toBeLessThanOrEqual(2);
  });

  it('answers within a second when Temporal hangs', async () => {
    const [host = '', port] = testEnvironment().temporalAddress.split(':');
    const proxy = await startPausableProxy({ host, port: Number(port) });
    ending.push(() => proxy.close());
    const api = await start(database.url, { TEMPORAL_ADDRESS: `127.0.0.1:${proxy.port}` });
    expect((await timedHealth(api)).body.checks.temporal.status).toBe('healthy');
    proxy.hang();
    const hanging = await until('health to notice', async () => {
      const health = await timedHealth(api);
      return health.body.checks.temporal.status === 'unhealthy' && health;
    });
    const { status, body, ms } = hanging;
    expect([status, body.status]).toEqual([200, 'degraded']);
    expect(ms).toBeLessThan(1_000);
  });
});

describe('GET /api/docs', () => {
  it('answers preconditions and ranges with the whole file, and other methods with 405', async () => {
    const api = await start(database.url);
    const asset = '/api/docs/swagger-ui.css';
    const whole = (await api.get(asset, { token: null })).text;
    for (const headers of [
      { range: 'bytes=99999999-' },
      { range: 'bytes=0-1' },
      { 'if-match': '"other"' },
      { 'if-unmodified-since': 'Sat, 01 Jan 2000 00:00:00 GMT' },
    ] as Record<string, string>[]) {
      const answer = await api.get(asset, { token: null, headers });
      expect([headers, answer.status, answer.text === whole]).toEqual([headers, 200, true]);
    }
    for (const path of ['/api/docs', '/api/docs/start.js', asset]) {
      const answer = await api.post(path, undefined, { token: null });
      expect(answer.headers.get('allow')).toBe('GET, HEAD');
      expect(answer.body).toMatchObject({ error: 'Method Not Allowed', statusCode: 405 });
    }
  });

  it('loads only from this server, under a policy that allows no other', async () => {
    const api = await start(database.url);
    const page = await api.get('/api/docs', { token: null });
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toContain('text/html');
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).not.toMatch(/https?:|\*/);
    expect(page.text).not.toMatch(/<script>|https?:\/\//);
    const assets = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] as string);
    expect(assets).toHaveLength(4);
    for (const asset of assets) {
      const answer = await api.get(asset, { token: null });
      expect([asset, answer.status]).toEqual([asset, 200]);
      expect(answer.text.length).toBeGreaterThan(100);
    }
    expect((await api.get('/api/openapi.json', { token: null })).body.openapi).toMatch(/^3\./);
  });
});
