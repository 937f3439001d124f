// Progress of runs as server-sent events: many listeners, any process, and nothing left behind.
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createParser } from 'eventsource-parser';
import { startApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { insertAccount, insertConnection, insertProject, insertRun } from '../support/factories.ts';
import { until } from '../support/until.ts';

interface Heard {
  name: string | undefined;
  id: string | undefined;
  data: { status: string; progress: { percent: number }; steps?: unknown[] };
}

describe('GET /api/sync/history/{id}/events', () => {
  let database: TestDatabase;
  let apis: TestApi[];
  let token: string;
  let project: { projectId: string; connectionId: string };
  const open: AbortController[] = [];

  beforeAll(async () => {
    database = await createTestDatabase();
    apis = await Promise.all([0, 1].map(() => startApi({ databaseUrl: database.url })));
    const { pool } = api().database;
    const connectionId = await insertConnection(pool);
    project = { connectionId, projectId: await insertProject(pool, connectionId) };
    token = await api().login();
  });

  afterEach(() => {
    for (const stream of open.splice(0)) stream.abort();
  });

  afterAll(async () => {
    for (const each of apis) await each.close();
    await database.drop();
  });

  const api = (at = 0) => apis[at] as TestApi;
  const running = async () => {
    const { pool } = api().database;
    await pool.query(`update sync_run set status = 'cancelled' where project_id = $1`, [project.projectId]);
    return insertRun(pool, project, { status: 'running', started_at: new Date() });
  };
  const update = (id: string, columns: string) =>
    api().database.pool.query(`update sync_run set ${columns} where id = $1`, [id]);

  /** Opens a stream; `heard` grows, and `ended` turns true with the stream. */
  async function follow(runId: string, options: { at?: number; lastEventId?: string } = {}) {
    const abort = new AbortController();
    open.push(abort);
    const response = await fetch(`${api(options.at).baseUrl}/api/sync/history/${runId}/events`, {
      signal: abort.signal,
      headers: {
        authorization: `Bearer ${token}`,
        ...(options.lastEventId !== undefined && { 'last-event-id': options.lastEventId }),
      },
    });
    const stream = { response, heard: [] as Heard[], ended: false, abort };
    const parser = createParser({
      onEvent: ({ event, id, data }) => stream.heard.push({ name: event, id, data: JSON.parse(data) }),
    });
    void (async () => {
      for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) parser.feed(chunk);
      stream.ended = true;
    })().catch(() => {});
    return stream;
  }

  it('tells what changes, then how the run ended, and ends', async () => {
    const id = await running();
    const stream = await follow(id);
    expect(stream.response.headers.get('content-type')).toBe('text/event-stream');
    await until('the first event', () => stream.heard.length === 1);
    await update(id, `progress_step = 'read', progress_percent = 40`);
    await until('progress', () => stream.heard.length === 2);
    await update(id, `status = 'completed', progress_percent = 100, finished_at = now()`);
    await until('the end', () => stream.ended);
    expect(stream.heard.map(({ name, data }) => [name, data.status, data.progress.percent])).toEqual([
      ['progress', 'running', 0],
      ['progress', 'running', 40],
      ['finished', 'completed', 100],
    ]);
    expect(stream.heard.at(-1)?.data.steps).toEqual([]);
    const { response } = await follow(id, { lastEventId: stream.heard.at(-1)?.id ?? '', at: 1 });
    expect(response.status).toBe(204);
    const late = await follow(id);
    await until('the end, at once', () => late.ended);
    expect(late.heard.map(({ name }) => name)).toEqual(['finished']);
  });

  it('goes on at another process with what is new', async () => {
    const id = await running();
    const first = await follow(id);
    await until('the first event', () => first.heard.length === 1);
    first.abort.abort();
    const second = await follow(id, { at: 1, lastEventId: first.heard[0]?.id ?? '' });
    await update(id, `progress_step = 'merge', progress_percent = 60`);
    await until('progress', () => second.heard.length === 1);
    expect(second.heard[0]?.data.progress).toEqual({ step: 'merge', percent: 60 });
  });

  it('asks the database once a second for all listeners together, and no more when they have gone', async () => {
    const { pool } = api().database;
    const id = await running();
    const asked: string[] = [];
    const query = pool.query;
    pool.query = ((...given: unknown[]) => {
      const text = typeof given[0] === 'string' ? given[0] : ((given[0] as { text?: string }).text ?? '');
      if (text.includes('from sync_run_step o')) asked.push(text);
      return (query as (...all: unknown[]) => unknown).apply(pool, given);
    }) as typeof pool.query;
    try {
      const streams = await Promise.all(Array.from({ length: 20 }, () => follow(id)));
      const opened = asked.length;
      const started = performance.now();
      await update(id, `progress_percent = 10`);
      await until('all to hear of it', () => streams.every(({ heard }) => heard.length === 2));
      await update(id, `progress_percent = 20`);
      await until('all to hear of it', () => streams.every(({ heard }) => heard.length === 3));
      expect(asked.length - opened).toBeLessThanOrEqual(Math.ceil((performance.now() - started) / 1_000) + 1);
      for (const { abort } of streams) abort.abort();
      let before = -1;
      const quiet = () => {
        const none = asked.length === before;
        before = asked.length;
        return none;
      };
      await until('a second without a look', quiet, 10_000, 1_300);
    } finally {
      pool.query = query;
    }
  });

  it('demands what the run demands', async () => {
    const id = await running();
    const path = `/api/sync/history/${id}/events`;
    expect((await api().get(path, { token: null })).status).toBe(401);
    await insertAccount(api().database.pool, {
      username: 'rita',
      password: 'a long password',
      role: 'reviewer',
    });
    const reviewer = await api().login('rita', 'a long password');
    expect((await api().get(path, { token: reviewer })).status).toBe(403);
    expect((await api().get('/api/sync/history/00000000-0000-7000-8000-000000000000/events')).status).toBe(
      404,
    );
    expect((await api().request('HEAD', path)).status).toBe(200);
  });
});
