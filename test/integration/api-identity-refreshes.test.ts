// Refreshes of identity profiles over HTTP, by a real worker.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { refreshPersonsWorkflowId, refreshProgressQuery } from '../../workflows/identity-refresh-messages.ts';
import { startApi, TEST_SECRET_KEY, type TestApi } from '../support/api.ts';
import { testEnvironment } from '../support/environment.ts';
import { insertConnection } from '../support/factories.ts';
import {
  config,
  createProfile,
  draftOf,
  insertPersonOf,
  mapping,
  of,
  UNKNOWN_ID,
} from '../support/profiles.ts';
import { openSyncLab, type SyncLab } from '../support/sync-lab.ts';
import { until } from '../support/until.ts';

let lab: SyncLab;
let api: TestApi;
let hr: string;

beforeAll(async () => {
  lab = await openSyncLab();
  api = await startApi({
    databaseUrl: lab.url,
    settings: { TEMPORAL_ADDRESS: testEnvironment().temporalAddress, TEMPORAL_TASK_QUEUE: lab.taskQueue },
  });
  hr = await insertConnection(api.database.pool, { name: 'HR' });
  await api.database.pool.query('update correlation_state set answered = asked');
});
afterAll(async () => {
  await api?.close();
  await lab?.close();
});

const created = (more: object = {}) => createProfile(api, draftOf(hr, more));
const person = (attributes: Record<string, string[]>, connection = hr) =>
  insertPersonOf(api.database.pool, connection, attributes);

it('is queued while the workflow service is away, and takes no refresh from whoever asked before', async () => {
  const away = await startApi({
    databaseUrl: lab.url,
    settings: { TEMPORAL_ADDRESS: '127.0.0.1:1', TEMPORAL_TASK_QUEUE: lab.taskQueue },
  });
  try {
    const path = `/api/identity-profiles/${(await created()).id}`;
    const { id } = (await api.post(`${path}/refresh`)).body.data;
    const joined = await away.post(`${path}/refresh`);
    expect([joined.status, joined.body.data.id]).toEqual([202, id]);
    expect((await api.get(`${path}/refreshes/${id}`)).status).toBe(200);
  } finally {
    await away.close();
  }
});

it('refreshes every person of the profile, with progress, and reports failures', async () => {
  const source = await insertConnection(api.database.pool, { name: 'Payroll' });
  const region = {
    type: 'lookup',
    attributes: { input: of('country', 'Payroll'), table: { DE: 'EMEA' } },
  };
  const profile = await created({
    authoritativeSource: { id: source },
    ...config(mapping('region', region), mapping('title', of('title', 'Payroll'))),
  });
  const good = await person({ title: ['Clerk'], country: ['DE'] }, source);
  const bad = await person({ title: ['Chief'], country: ['Atlantis'] }, source);
  const path = `/api/identity-profiles/${profile.id}`;
  const headers = { 'idempotency-key': 'once' };
  const asked = await api.post(`${path}/refresh`, undefined, { headers });
  expect(asked.status).toBe(202);
  expect(asked.body.data).toMatchObject({ status: 'queued', requestedBy: 'admin' });
  const location = asked.headers.get('location') as string;
  expect(location).toBe(`${path}/refreshes/${asked.body.data.id}`);
  // Nobody works on it yet: another request joins it.
  expect((await api.post(`${path}/refresh`)).body.data.id).toBe(asked.body.data.id);
  await lab.startWorker({ IDENTITY_CENTER_SECRET_KEY: TEST_SECRET_KEY });
  const over = await until('the refresh to end', async () => {
    const { data } = (await api.get(location)).body;
    return data.status === 'completed' ? data : null;
  });
  expect(over).toMatchObject({ counts: { total: 2, done: 2, failed: 1 }, progress: { percent: 100 } });
  // Before the request that repeats: it wakes the workflow once more, which finds nothing to do.
  const handle = lab.client.workflow.getHandle(refreshPersonsWorkflowId(lab.taskQueue));
  await until('the workflow to tell of it', async () => {
    const { refresh } = await handle.query(refreshProgressQuery);
    return refresh !== null && refresh.refreshId === over.id && refresh.done === 2 && refresh.failed === 1;
  });
  expect((await api.post(`${path}/refresh`, undefined, { headers })).body.data.id).toBe(over.id);
  const persons = await api.database.pool.query(
    'select id, attributes, processing_state, identity_profile_id from person where id = any($1) order by id',
    [[good, bad]],
  );
  expect(persons.rows).toEqual([
    {
      id: good,
      attributes: { region: 'EMEA', title: 'Clerk' },
      processing_state: 'OK',
      identity_profile_id: profile.id,
    },
    {
      id: bad,
      attributes: { region: null, title: 'Chief' },
      processing_state: 'ERROR',
      identity_profile_id: profile.id,
    },
  ]);
  expect((await api.get(path)).body.data).toMatchObject({
    identityRefreshRequired: false,
    identityCount: 2,
    identityExceptionReportReference: {
      taskResultId: over.id,
      reportName: `Identity exceptions of ${profile.name}`,
    },
  });
  expect((await api.get(`${path}/refreshes`)).body.totalCount).toBe(1);
  const report = await api.get(`/api/persons?identityProfileId=${profile.id}&processingState=ERROR`);
  expect(report.body.data).toEqual([
    expect.objectContaining({
      id: bad,
      processingErrors: [{ attribute: 'region', message: expect.stringContaining("'Atlantis'") }],
    }),
  ]);
});

it('goes on where a killed worker left it', async () => {
  const { pool } = api.database;
  const profile = await created();
  await person({});
  // Held as the first batch would: the step waits, and its worker dies.
  const lock = await pool.connect();
  await lock.query('begin');
  await lock.query("select pg_advisory_xact_lock(hashtextextended('correlation', 0))");
  const worker = await lab.startWorker({ IDENTITY_CENTER_SECRET_KEY: TEST_SECRET_KEY });
  const { id } = (await api.post(`/api/identity-profiles/${profile.id}/refresh`)).body.data;
  const waiting = () =>
    pool.query(`select from pg_stat_activity where wait_event_type = 'Lock' and wait_event = 'advisory'
      and datname = current_database()`);
  await until('the step to wait', async () => ((await waiting()).rowCount ?? 0) > 0);
  await worker.kill('SIGKILL');
  await lock.query('commit');
  lock.release();
  const path = `/api/identity-profiles/${profile.id}/refreshes/${id}`;
  const over = await until('the refresh to end', async () => {
    const { data } = (await api.get(path)).body;
    return data.status === 'completed' ? data : null;
  });
  expect(over.counts.done).toBeGreaterThan(0);
});

it('refuses a key that is none, and says where there is no such profile or refresh', async () => {
  const { id } = await created();
  const path = `/api/identity-profiles/${id}`;
  const headers = { 'idempotency-key': 'x'.repeat(201) };
  expect((await api.post(`${path}/refresh`, undefined, { headers })).status).toBe(400);
  expect((await api.post(`/api/identity-profiles/${UNKNOWN_ID}/refresh`)).status).toBe(404);
  expect((await api.get(`${path}/refreshes/${UNKNOWN_ID}`)).status).toBe(404);
});
