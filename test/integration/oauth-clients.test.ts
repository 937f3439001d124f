// OAuth clients: who makes them, what their tokens may do, and when these end.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { insertAccount, insertConnection } from '../support/factories.ts';
import { askToken, expectOAuthError, grant, tokenOf } from '../support/oauth.ts';
import { makeClient } from '../support/sailpoint.ts';
import { serveSamples } from '../support/sample-collection.ts';
import { until } from '../support/until.ts';

const UNKNOWN_ID = '01a00000-0000-7000-8000-000000000000';

let database: TestDatabase;
let api: TestApi;
let samples: Awaited<ReturnType<typeof serveSamples>>;

beforeAll(async () => {
  database = await createTestDatabase();
  api = await startApi({ databaseUrl: database.url });
  samples = await serveSamples(api.database, ['Ann', 'Bob'], { perMinute: 0 });
});

afterAll(async () => {
  await samples?.close();
  await api?.close();
  await database?.drop();
});

describe('/api/auth/clients', () => {
  it('shows the secret once, and keeps a hash of it', async () => {
    const answer = await api.post('/api/auth/clients', {
      name: 'reporting',
      authorities: ['API', 'ORG_ADMIN'],
      scopes: ['idn:identity:read', 'users:read'],
    });
    expect(answer.status).toBe(201);
    const { clientSecret, ...rest } = answer.body.data;
    expect(clientSecret).toMatch(/^[0-9a-f]{64}$/);
    expect(rest).toMatchObject({
      clientId: rest.id.replaceAll('-', ''),
      name: 'reporting',
      authorities: ['API', 'ORG_ADMIN'],
      scopes: ['idn:identity:read', 'users:read'],
      createdBy: 'admin',
      lastUsedAt: null,
    });
    expect(answer.headers.get('location')).toBe(`/api/auth/clients/${rest.id}`);
    expect((await api.get(`/api/auth/clients/${rest.id}`)).body.data).toEqual(rest);
    const list = await api.get('/api/auth/clients?search=REPORT&sort=-createdAt');
    expect(list.body).toMatchObject({ data: [rest], totalCount: 1 });
    const stored = await api.database.pool.query('select to_jsonb(c) as client from oauth_client c');
    for (const text of [list.text, JSON.stringify(stored.rows), api.logLines.join('')])
      expect(text).not.toContain(clientSecret);
  });

  it('makes clients without authorities, that may read identities', async () => {
    const client = await makeClient(api, { name: 'plain' });
    expect(client).toMatchObject({ authorities: [], scopes: ['idn:identity:read'] });
  });

  it.each([
    [{}, 'body.name'],
    [{ name: 'x', authorities: ['ROOT'] }, 'body.authorities.0'],
    [{ name: 'x', authorities: ['API', 'API'] }, 'body.authorities'],
    [{ name: 'x', scopes: [] }, 'body.scopes'],
    [{ name: 'x', scopes: ['account:self'] }, 'body.scopes.0'],
    [{ name: 'x', scopes: ['clients:write'] }, 'body.scopes.0'],
    [{ name: 'x', clientSecret: 'mine' }, 'body.clientSecret'],
  ])('refuses %j', async (body, path) => {
    const answer = await api.post('/api/auth/clients', body);
    expect([answer.status, answer.body.details[0].path]).toEqual([400, path]);
  });

  it("are the admin's to make, the auditor's to see, and nobody else's", async () => {
    const { pool } = api.database;
    await insertAccount(pool, { username: 'audra', password: 'auditing', role: 'auditor' });
    await insertAccount(pool, { username: 'otto', password: 'operating', role: 'operator' });
    const [auditor, operator] = [await api.login('audra', 'auditing'), await api.login('otto', 'operating')];
    expect((await api.get('/api/auth/clients', { token: auditor })).status).toBe(200);
    expect((await api.post('/api/auth/clients', { name: 'x' }, { token: auditor })).status).toBe(403);
    expect((await api.get('/api/auth/clients', { token: operator })).status).toBe(403);
    expect((await api.delete(`/api/auth/clients/${UNKNOWN_ID}`)).status).toBe(404);
  });
});

const askSamples = (path: string, token: string) =>
  fetch(`${samples.url}${path}`, { headers: { authorization: `Bearer ${token}` } });

describe('tokens of clients', () => {
  it('need an authority where one is asked for', async () => {
    const without = await tokenOf(api, await makeClient(api));
    expect((await askSamples('/beta/samples', without)).status).toBe(200);
    expect((await askSamples('/v3/samples', without)).status).toBe(403);
    for (const authority of ['API', 'ORG_ADMIN'])
      expect(
        (
          await askSamples(
            '/v3/samples',
            await tokenOf(api, await makeClient(api, { authorities: [authority] })),
          )
        ).status,
      ).toBe(200);
  });

  it('have no account: neither its page nor what accounts alone may do', async () => {
    const token = await tokenOf(api, await makeClient(api, { scopes: ['users:read'] }));
    expect((await api.get('/api/auth/me', { token })).status).toBe(403);
    expect((await api.post('/api/auth/clients', { name: 'x' }, { token })).status).toBe(403);
  });

  it('show as who started a run, and count under the client', async () => {
    const client = await makeClient(api, {
      name: 'nightly',
      scopes: ['sync:read', 'sync:write', 'sync:run'],
    });
    const token = await tokenOf(api, client);
    const connectionId = await insertConnection(api.database.pool);
    const project = await api.post('/api/sync/projects', { name: 'by a client', connectionId }, { token });
    const run = await api.post(`/api/sync/projects/${project.body.data.id}/run`, {}, { token });
    expect(run.body.data.triggeredBy).toBe('client:nightly');
    const limited = await startApi({
      databaseUrl: database.url,
      settings: { IDENTITY_CENTER_RATE_LIMIT_PER_MINUTE: '1' },
    });
    try {
      expect((await limited.get('/api/sync/projects', { token })).status).toBe(200);
      expect((await limited.get('/api/sync/projects', { token })).status).toBe(429);
      const other = await tokenOf(api, await makeClient(api, { scopes: ['sync:read'] }));
      expect((await limited.get('/api/sync/projects', { token: other })).status).toBe(200);
    } finally {
      await limited.close();
    }
  });

  it('end with their client, here at once and elsewhere within moments', async () => {
    const other = await startApi({ databaseUrl: database.url });
    try {
      const client = await makeClient(api, { scopes: ['users:read'] });
      const token = await tokenOf(api, client);
      for (const target of [api, other]) expect((await target.get('/api/users', { token })).status).toBe(200);
      expect((await api.delete(`/api/auth/clients/${client.id}`)).status).toBe(204);
      expect((await api.get('/api/users', { token })).status).toBe(401);
      await until(
        'the token to be refused',
        async () => (await other.get('/api/users', { token })).status === 401,
        3_000,
      );
      expectOAuthError(await askToken(api, grant(client)), 401, 'invalid_client', 'is wrong');
      expect((await api.get(`/api/auth/clients/${client.id}`)).status).toBe(404);
    } finally {
      await other.close();
    }
  });

  it('expire', async () => {
    const short = await startApi({
      databaseUrl: database.url,
      settings: { IDENTITY_CENTER_TOKEN_HOURS: '0.0006' },
    });
    try {
      const scopes = ['users:read', 'idn:identity:read'];
      const token = await tokenOf(short, await makeClient(api, { scopes }));
      await until(
        'the token to be refused',
        async () => (await short.get('/api/users', { token })).status === 401,
        5_000,
      );
      const vendors = await short.get('/beta/identities', { token });
      expect([vendors.status, vendors.body]).toEqual([401, { error: expect.stringMatching(/bearer token/) }]);
      expect(vendors.headers.get('www-authenticate')).toMatch(/^Bearer realm=.*invalid_token/);
    } finally {
      await short.close();
    }
  });
});
