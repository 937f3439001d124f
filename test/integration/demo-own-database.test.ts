// `npm run demo` on a database of one's own: what is not the demonstration's is left alone.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type DemoClient, signIn } from '../../tools/demo-client.ts';
import { freshClient } from '../../tools/demo-oauth-client.ts';
import { ensureProfile } from '../../tools/demo-profile.ts';
import { ensureSource, HR_FILE } from '../../tools/demo-sources.ts';
import { ensureDemo } from '../../tools/demo-sync.ts';
import { StartError } from '../../tools/home-folder.ts';
import { ADMIN_PASSWORD, startApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { insertConnection, insertProject } from '../support/factories.ts';

let database: TestDatabase;
let api: TestApi;
let demo: DemoClient;

beforeAll(async () => {
  database = await createTestDatabase();
  api = await startApi({ databaseUrl: database.url });
  demo = await signIn(api.baseUrl, 'admin', ADMIN_PASSWORD);
});

afterAll(async () => {
  await api?.close();
  await database?.drop();
});

beforeEach(async () => {
  await api.database.pool.query('truncate connection, sync_project cascade');
});

it("replaces the OAuth client of its last start, and nobody else's", async () => {
  const others = ['Demo', 'demo', 'IdentityCenter demo of sales'];
  for (const name of others) await api.post('/api/auth/clients', { name });
  const former = await freshClient(demo.api);
  const present = await freshClient(demo.api);
  expect(present.clientId).not.toBe(former.clientId);
  const { data } = (await api.get('/api/auth/clients?sort=createdAt')).body;
  expect(data.map(({ name }: { name: string }) => name)).toEqual([...others, 'IdentityCenter demo']);
  expect(data.at(-1).clientId).toBe(present.clientId);
});

describe('sources', () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'identity-center-demo-'));
  });
  afterEach(() => rmSync(home, { recursive: true }));

  it('keeps its own, whatever else their connections were set to', async () => {
    const made = await ensureSource(demo.api, home, HR_FILE);
    await api.database.pool.query(
      `update connection set config = config || '{"keyColumn": "email"}' where id = $1`,
      [made.connectionId],
    );
    expect(await ensureSource(demo.api, home, HR_FILE)).toMatchObject({
      connectionId: made.connectionId,
      projectId: made.projectId,
    });
  });

  it.each([
    { name: 'HR file', type: 'csv', config: { file: 'hr/everybody.csv', keyColumn: 'id' } },
    { name: 'HR file', type: 'ldap', config: { url: 'ldap://127.0.0.1', baseDn: 'dc=x' } },
  ])('refuses a connection of the name that is another: $type', async (columns) => {
    await insertConnection(api.database.pool, columns);
    const refused = ensureSource(demo.api, home, HR_FILE);
    await expect(refused).rejects.toThrow(StartError);
    await expect(refused).rejects.toThrow(/`HR file`.*sample\/employees\.csv.*Rename it.*DATABASE_URL/s);
    // Nothing was made beside it, nor put into the folder that its connections read.
    expect((await api.database.pool.query('select from sync_project')).rowCount).toBe(0);
    expect(readdirSync(home)).toEqual([]);
  });

  it('makes nothing where one of them is another', async () => {
    await insertConnection(api.database.pool, { name: 'Sample directory' });
    await expect(ensureDemo(demo, home)).rejects.toThrow(/`Sample directory`.*sample\/people\.csv/s);
    const { rows } = await api.database.pool.query('select name from connection');
    expect(rows).toEqual([{ name: 'Sample directory' }]);
  });

  it('refuses a project of the name that has another connection', async () => {
    const { pool } = api.database;
    const payroll = await insertConnection(pool, { name: 'Payroll' });
    await insertProject(pool, payroll, { name: 'HR file: employees' });
    const refused = ensureSource(demo.api, home, HR_FILE);
    await expect(refused).rejects.toThrow(/`HR file: employees`.*not `HR file`/s);
  });
});

it('keeps its profile, and refuses one of the same name that has another source', async () => {
  const { pool } = api.database;
  const hr = await insertConnection(pool, { name: 'HR file' });
  await insertConnection(pool, { name: 'Sample directory' });
  const made = await ensureProfile(demo.api, hr);
  expect(await ensureProfile(demo.api, hr)).toMatchObject({ id: made.id, name: 'Employees' });

  const payroll = await insertConnection(pool, { name: 'Payroll' });
  await pool.query('update identity_profile set connection_id = $2 where id = $1', [made.id, payroll]);
  const refused = ensureProfile(demo.api, hr);
  await expect(refused).rejects.toThrow(StartError);
  await expect(refused).rejects.toThrow(/`Employees`.*`Payroll`.*Rename it.*DATABASE_URL/s);
});
