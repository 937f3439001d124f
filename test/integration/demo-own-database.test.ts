// `npm run demo` on a database of one's own: what is not the demonstration's is left alone.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type DemoClient, signIn } from '../../tools/demo-client.ts';
import { freshClient } from '../../tools/demo-oauth-client.ts';
import { ensureProfile } from '../../tools/demo-profile.ts';
import { StartError } from '../../tools/home-folder.ts';
import { ADMIN_PASSWORD, startApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { insertConnection } from '../support/factories.ts';

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
