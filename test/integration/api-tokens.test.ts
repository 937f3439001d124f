// Bearer tokens: where they are needed, what their scopes allow, when they end, and that none is forged.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SignJWT } from 'jose';
import { deriveApiKeys } from '../../api/auth/keys.ts';
import { contract } from '../../contracts/index.ts';
import { operationsOf } from '../../contracts/routes.ts';
import { accessOf } from '../../contracts/scopes.ts';
import { ADMIN_PASSWORD, startApi, TEST_SECRET_KEY, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { insertAccount } from '../support/factories.ts';
import { until } from '../support/until.ts';

const UNKNOWN_ID = '01a00000-0000-7000-8000-000000000000';

let database: TestDatabase;
let api: TestApi;

beforeAll(async () => {
  database = await createTestDatabase();
  api = await startApi({ databaseUrl: database.url });
});

afterAll(async () => {
  await api?.close();
  await database?.drop();
});

describe('bearer tokens', () => {
  it.each(operationsOf(contract).filter(({ route }) => 'scope' in accessOf(route)))(
    'are needed for $name',
    async ({ route }) => {
      const path = route.path.replace(':id', UNKNOWN_ID);
      const answer = await api.request(route.method, path, {
        token: null,
        body: route.method === 'GET' ? undefined : {},
      });
      expect(answer.status).toBe(401);
      expect(answer.body).toMatchObject({ error: 'Unauthorized', statusCode: 401 });
      expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer realm=/);
    },
  );

  it.each(
    operationsOf(contract).filter(
      ({ route }) => 'scope' in accessOf(route) && !route.path.startsWith('/api/auth'),
    ),
  )('without the scope get 403 from $name', async ({ route }) => {
    const token = await reviewerToken();
    const path = route.path.replace(':id', UNKNOWN_ID);
    const answer = await api.request(route.method, path, {
      token,
      body: route.method === 'GET' ? undefined : {},
    });
    const access = accessOf(route) as { scope: string };
    expect(answer.status).toBe(403);
    expect(answer.body.message).toContain(access.scope);
    expect(answer.headers.get('www-authenticate')).toContain(`scope="${access.scope}"`);
  });

  let reviewer: Promise<string> | undefined;
  function reviewerToken(): Promise<string> {
    reviewer ??= insertAccount(api.database.pool, {
      username: 'rita',
      password: 'reviewing',
      role: 'reviewer',
    }).then(() => api.login('rita', 'reviewing'));
    return reviewer;
  }

  it('let an auditor read and not write', async () => {
    await insertAccount(api.database.pool, { username: 'audra', password: 'auditing', role: 'auditor' });
    const token = await api.login('audra', 'auditing');
    expect((await api.get('/api/connections', { token })).status).toBe(200);
    expect((await api.post('/api/connections', {}, { token })).status).toBe(403);
  });

  it('end with logout, on every process', async () => {
    const other = await startApi({ databaseUrl: database.url });
    try {
      const token = await api.login();
      expect((await other.get('/api/auth/me', { token })).status).toBe(200);
      expect((await api.post('/api/auth/logout', undefined, { token })).status).toBe(204);
      const after = await api.get('/api/auth/me', { token });
      expect(after.status).toBe(401);
      expect(after.headers.get('www-authenticate')).toContain('error="invalid_token"');
      await until(
        'the token to be refused',
        async () => (await other.get('/api/auth/me', { token })).status === 401,
        3_000,
      );
    } finally {
      await other.close();
    }
  });

  it('end with their account', async () => {
    const { pool } = api.database;
    await insertAccount(pool, { username: 'leaver', password: 'until-then', role: 'admin' });
    const token = await api.login('leaver', 'until-then');
    expect((await api.get('/api/users', { token })).status).toBe(200);
    await pool.query("update account set enabled = false where username = 'leaver'");
    await until(
      'the token to be refused',
      async () => (await api.get('/api/users', { token })).status === 401,
      3_000,
    );
  });

  it('expire', async () => {
    const short = await startApi({
      databaseUrl: database.url,
      settings: { IDENTITY_CENTER_TOKEN_HOURS: '0.0006' },
    });
    try {
      const token = await short.login();
      expect((await short.get('/api/auth/me', { token })).status).toBe(200);
      await until(
        'the token to be refused',
        async () => (await short.get('/api/auth/me', { token })).status === 401,
        5_000,
      );
    } finally {
      await short.close();
    }
  });

  it('are refused when they were changed, unsigned, signed by others, or signed by us and never issued', async () => {
    const token = await api.login();
    const [head, payload, signature] = token.split('.') as [string, string, string];
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const sign = (key: Uint8Array, id: string) =>
      new SignJWT({ ...claims, jti: id }).setProtectedHeader({ alg: 'HS256', typ: 'at+jwt' }).sign(key);
    const forged = [
      `${head}.${encode({ ...claims, exp: claims.exp + 3_600 })}.${signature}`,
      `${encode({ alg: 'none', typ: 'at+jwt' })}.${payload}.`,
      await sign(new Uint8Array(32), claims.jti),
      // The right key, another document: the stored hash is of the one that was issued.
      await sign(deriveApiKeys(TEST_SECRET_KEY).token, claims.jti),
      await sign(deriveApiKeys(TEST_SECRET_KEY).token, UNKNOWN_ID),
      await sign(deriveApiKeys(TEST_SECRET_KEY).cursor, claims.jti),
      'x',
    ];
    for (const attempt of forged.filter((value) => value !== token))
      expect((await api.get('/api/auth/me', { token: attempt })).status).toBe(401);
    expect((await api.get('/api/auth/me', { token })).status).toBe(200);
  });

  it('are taken from the header alone', async () => {
    const token = await api.login();
    const query = await api.get(`/api/users?access_token=${token}`, { token: null });
    expect(query.status).toBe(400);
    expect(query.body.details[0].path).toBe('query.access_token');
    expect(query.text).not.toContain(token);
    for (const name of ['access%5Ftoken', '%61ccess_token', 'access_token%5B%5D&access%5ftoken']) {
      const encoded = await api.get(`/api/users?${name}=${token}`, { token });
      expect([name, encoded.status]).toEqual([name, 400]);
      expect(encoded.body.details[0].path).toBe('query.access_token');
      const basic = { authorization: 'Basic YTpi' };
      const instead = await api.get(`/api/auth/me?${name}=${token}`, { token: null, headers: basic });
      expect([name, instead.status]).toEqual([name, 400]);
    }
    const body = await api.post('/api/connections/test', { access_token: token }, { token: null });
    expect(body.status).toBe(401);
    const both = await api.post('/api/auth/logout', { access_token: token }, { token });
    expect(both.body.details[0].path).toBe('body.access_token');
    for (const authorization of ['Bearer', 'Basic YTpi', `Bearer ${token} x`, `Token ${token}`])
      expect((await api.get('/api/users', { token: null, headers: { authorization } })).status).toBe(401);
  });

  it('and passwords are in no log line', async () => {
    const token = await api.login();
    await api.post(
      '/api/auth/login',
      { username: 'admin', password: 'a-wrong-password-17' },
      { token: null },
    );
    await api.get(`/api/users?access_token=${token}`, { token });
    const log = api.logLines.join('');
    expect(log).toContain('"path":"/api/auth/login"');
    for (const secret of [token, ADMIN_PASSWORD, 'a-wrong-password-17']) expect(log).not.toContain(secret);
  });
});
