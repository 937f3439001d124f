// OAuth clients and POST /oauth/token: ways of asking, errors of RFC 6749, what tokens may do, and when they end.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ApiAnswer, startApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { insertAccount, insertConnection } from '../support/factories.ts';
import { serveSamples } from '../support/sample-collection.ts';
import { until } from '../support/until.ts';

const UNKNOWN_ID = '01a00000-0000-7000-8000-000000000000';
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

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

interface Client {
  id: string;
  clientId: string;
  clientSecret: string;
}

async function makeClient(body: object = {}): Promise<Client> {
  const answer = await api.post('/api/auth/clients', { name: 'importer', ...body });
  expect(answer.status).toBe(201);
  return answer.body.data;
}

function askToken(fields: Record<string, string>, headers: Record<string, string> = {}, target = api) {
  const rawBody = new URLSearchParams(fields).toString();
  return target.post('/oauth/token', undefined, { token: null, rawBody, headers: { ...FORM, ...headers } });
}

const grant = ({ clientId, clientSecret }: Client) => ({
  grant_type: 'client_credentials',
  client_id: clientId,
  client_secret: clientSecret,
});

async function tokenOf(client: Client, more: Record<string, string> = {}, target = api): Promise<string> {
  const answer = await askToken({ ...grant(client), ...more }, {}, target);
  expect(answer.status).toBe(200);
  return answer.body.access_token;
}

const basic = (id: string, secret: string) => ({
  authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
});

function expectOAuthError(answer: ApiAnswer, status: number, error: string, description: string): void {
  expect([answer.status, answer.body]).toEqual([
    status,
    { error, error_description: expect.stringContaining(description) },
  ]);
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect(answer.body.error_description).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/);
}

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
    const client = await makeClient({ name: 'plain' });
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

describe('POST /oauth/token', () => {
  it('answers a form, a multipart form and Basic authorization', async () => {
    const client = await makeClient({ scopes: ['idn:identity:read', 'idn:identity:manage'] });
    const form = await askToken(grant(client));
    expect(form.status).toBe(200);
    expect(form.body).toEqual({
      access_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      token_type: 'Bearer',
      expires_in: expect.any(Number),
      scope: 'idn:identity:read idn:identity:manage',
    });
    expect(form.body.expires_in).toBeGreaterThan(43_190);
    expect(form.body.expires_in).toBeLessThanOrEqual(43_200);
    expect([form.headers.get('cache-control'), form.headers.get('pragma')]).toEqual(['no-store', 'no-cache']);

    // As the vendor's client writes it: the form-data package, streamed in chunks.
    const boundary = '--------------------------426081543230586264390000';
    const parts = Object.entries(grant(client)).map(
      ([name, value]) =>
        `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
    );
    const multipart = await api.post('/oauth/token', undefined, {
      token: null,
      rawBody: `${parts.join('')}--${boundary}--\r\n`,
      headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
    });
    expect(multipart.status).toBe(200);

    const { clientId, clientSecret } = client;
    const header = await askToken({ grant_type: 'client_credentials' }, basic(clientId, clientSecret));
    expect(header.status).toBe(200);
    const withHyphens = await askToken({ ...grant(client), client_id: client.id, unknown: 'is ignored' });
    expect(withHyphens.status).toBe(200);
    const used = await api.get(`/api/auth/clients/${client.id}`);
    expect(Date.parse(used.body.data.lastUsedAt)).toBeGreaterThan(Date.now() - 60_000);
  });

  it('gives some of the scopes where they are asked for, and no others', async () => {
    const client = await makeClient({ scopes: ['users:read', 'idn:identity:manage'] });
    const some = await askToken({ ...grant(client), scope: 'users:read idn:identity:read' });
    expect(some.body.scope).toBe('users:read idn:identity:read');
    const token = some.body.access_token;
    expect((await api.get('/api/users', { token })).status).toBe(200);
    expect((await api.get('/api/groups', { token })).status).toBe(403);
    expect((await askSamples('/beta/samples', token)).status).toBe(200);
    const more = await askToken({ ...grant(client), scope: 'users:read sync:run' });
    expectOAuthError(more, 400, 'invalid_scope', 'does not have the scope sync:run');
    expectOAuthError(await askToken({ ...grant(client), scope: 'ä"\\' }), 400, 'invalid_scope', "?''");
  });

  it('refuses as RFC 6749 says', async () => {
    const client = await makeClient();
    const { clientId, clientSecret } = client;
    const type = 'client_credentials';
    const wrong: Record<string, string>[] = [
      { ...grant(client), client_secret: 'x' },
      { ...grant(client), client_id: UNKNOWN_ID },
      { ...grant(client), client_id: "' or true" },
      { ...grant(client), client_id: `${clientId}0` },
      { grant_type: type },
      { grant_type: type, client_id: clientId },
    ];
    for (const fields of wrong) {
      const answer = await askToken(fields);
      expectOAuthError(answer, 401, 'invalid_client', 'client_id');
      expect(answer.headers.get('www-authenticate')).toBe('Basic realm="identity-center"');
    }
    for (const headers of [
      basic(clientId, 'x'),
      { authorization: 'Basic ????' },
      { authorization: 'Basic %' },
    ])
      expectOAuthError(await askToken({ grant_type: type }, headers), 401, 'invalid_client', 'client_');
    const password = await askToken({ ...grant(client), grant_type: 'password' });
    expectOAuthError(password, 400, 'unsupported_grant_type', 'client_credentials');
    const { grant_type, ...without } = grant(client);
    expectOAuthError(await askToken(without), 400, 'invalid_request', 'grant_type');
    const twice = await askToken(grant(client), basic(clientId, clientSecret));
    expectOAuthError(twice, 400, 'invalid_request', 'send it once');
  });

  it.each([
    ['JSON', '{"grant_type":"client_credentials"}', 'application/json', 'is a form'],
    ['no type', 'grant_type=client_credentials', '', 'is a form'],
    ['a field twice', 'grant_type=client_credentials&grant_type=x', FORM['content-type'], 'is there twice'],
    ['half a multipart form', '--b\r\nContent-Disp', 'multipart/form-data; boundary=b', 'is a form'],
    ['multipart without a boundary', '--b--', 'multipart/form-data', 'is a form'],
    [
      'a file',
      '--b\r\nContent-Disposition: form-data; name="grant_type"; filename="a"\r\n\r\nx\r\n--b--\r\n',
      'multipart/form-data; boundary=b',
      'has no files',
    ],
    ['too much', `grant_type=${'x'.repeat(20_000)}`, FORM['content-type'], 'has at most 16384 bytes'],
  ])('answers invalid_request to %s', async (_what, text, type, description) => {
    const answer = await api.post('/oauth/token', undefined, {
      token: null,
      rawBody: new TextEncoder().encode(text),
      headers: type === '' ? {} : { 'content-type': type },
    });
    expectOAuthError(answer, 400, 'invalid_request', description);
  });

  it('takes a parameter without a value as one that is left out', async () => {
    const client = await makeClient();
    const empty = { grant_type: 'client_credentials', client_id: '', client_secret: '', scope: '' };
    const header = basic(client.clientId, client.clientSecret);
    expect((await askToken(empty, header)).body).toMatchObject({ scope: 'idn:identity:read' });
    expectOAuthError(await askToken(empty), 401, 'invalid_client', 'are needed');
    const none = await askToken({ ...grant(client), grant_type: '' });
    expectOAuthError(none, 400, 'invalid_request', 'grant_type');
    const twice = await api.post('/oauth/token', undefined, {
      token: null,
      rawBody: `${new URLSearchParams(grant(client))}&scope=&scope=users:read`,
      headers: FORM,
    });
    expectOAuthError(twice, 400, 'invalid_request', 'is there twice');
  });

  it('takes nothing from the URL', async () => {
    const { clientId, clientSecret } = await makeClient();
    const query = `grant_type=client_credentials&client_id=${clientId}&client_secret=${clientSecret}`;
    const answer = await api.post(`/oauth/token?${query}`, undefined, {
      token: null,
      rawBody: '',
      headers: FORM,
    });
    expectOAuthError(answer, 400, 'invalid_request', 'there is no such query parameter');
    expect(answer.text + api.logLines.join('')).not.toContain(clientSecret);
  });

  it('405 and 429 in the form of the surface', async () => {
    const method = await api.get('/oauth/token', { token: null });
    expect([method.status, method.headers.get('allow')]).toEqual([405, 'POST']);
    expect(method.body.detailCode).toBe('405 Method Not Allowed');
    const limited = await startApi({
      databaseUrl: database.url,
      settings: { IDENTITY_CENTER_RATE_LIMIT_PER_MINUTE: '1' },
    });
    try {
      expect((await askToken({}, {}, limited)).status).toBe(400);
      const refused = await askToken({}, {}, limited);
      expect([refused.status, refused.body]).toEqual([429, { message: ' Rate Limit Exceeded ' }]);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    } finally {
      await limited.close();
    }
  });
});

const askSamples = (path: string, token: string) =>
  fetch(`${samples.url}${path}`, { headers: { authorization: `Bearer ${token}` } });

describe('tokens of clients', () => {
  it('need an authority where one is asked for', async () => {
    const without = await tokenOf(await makeClient());
    expect((await askSamples('/beta/samples', without)).status).toBe(200);
    expect((await askSamples('/v3/samples', without)).status).toBe(403);
    for (const authority of ['API', 'ORG_ADMIN'])
      expect(
        (await askSamples('/v3/samples', await tokenOf(await makeClient({ authorities: [authority] }))))
          .status,
      ).toBe(200);
  });

  it('have no account: neither its page nor what accounts alone may do', async () => {
    const token = await tokenOf(await makeClient({ scopes: ['users:read'] }));
    expect((await api.get('/api/auth/me', { token })).status).toBe(403);
    expect((await api.post('/api/auth/clients', { name: 'x' }, { token })).status).toBe(403);
  });

  it('show as who started a run, and count under the client', async () => {
    const client = await makeClient({ name: 'nightly', scopes: ['sync:read', 'sync:write', 'sync:run'] });
    const token = await tokenOf(client);
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
      const other = await tokenOf(await makeClient({ scopes: ['sync:read'] }));
      expect((await limited.get('/api/sync/projects', { token: other })).status).toBe(200);
    } finally {
      await limited.close();
    }
  });

  it('end with their client, here at once and elsewhere within moments', async () => {
    const other = await startApi({ databaseUrl: database.url });
    try {
      const client = await makeClient({ scopes: ['users:read'] });
      const token = await tokenOf(client);
      for (const target of [api, other]) expect((await target.get('/api/users', { token })).status).toBe(200);
      expect((await api.delete(`/api/auth/clients/${client.id}`)).status).toBe(204);
      expect((await api.get('/api/users', { token })).status).toBe(401);
      await until(
        'the token to be refused',
        async () => (await other.get('/api/users', { token })).status === 401,
        3_000,
      );
      expectOAuthError(await askToken(grant(client)), 401, 'invalid_client', 'is wrong');
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
      const token = await tokenOf(await makeClient({ scopes: ['users:read'] }), {}, short);
      await until(
        'the token to be refused',
        async () => (await short.get('/api/users', { token })).status === 401,
        5_000,
      );
    } finally {
      await short.close();
    }
  });
});
