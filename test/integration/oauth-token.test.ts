// POST /oauth/token: ways of asking for a token, and the errors of RFC 6749.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { askToken, basic, expectOAuthError, FORM, grant } from '../support/oauth.ts';
import { makeClient } from '../support/sailpoint.ts';
import { serveSamples } from '../support/sample-collection.ts';

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

const askSamples = (path: string, token: string) =>
  fetch(`${samples.url}${path}`, { headers: { authorization: `Bearer ${token}` } });

describe('POST /oauth/token', () => {
  it('answers a form, a multipart form and Basic authorization', async () => {
    const client = await makeClient(api, { scopes: ['idn:identity:read', 'idn:identity:manage'] });
    const form = await askToken(api, grant(client));
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
    const header = await askToken(api, { grant_type: 'client_credentials' }, basic(clientId, clientSecret));
    expect(header.status).toBe(200);
    const withHyphens = await askToken(api, {
      ...grant(client),
      client_id: client.id,
      unknown: 'is ignored',
    });
    expect(withHyphens.status).toBe(200);
    const used = await api.get(`/api/auth/clients/${client.id}`);
    expect(Date.parse(used.body.data.lastUsedAt)).toBeGreaterThan(Date.now() - 60_000);
  });

  it('gives some of the scopes where they are asked for, and no others', async () => {
    const client = await makeClient(api, { scopes: ['users:read', 'idn:identity:manage'] });
    const some = await askToken(api, { ...grant(client), scope: 'users:read idn:identity:read' });
    expect(some.body.scope).toBe('users:read idn:identity:read');
    const token = some.body.access_token;
    expect((await api.get('/api/users', { token })).status).toBe(200);
    expect((await api.get('/api/groups', { token })).status).toBe(403);
    expect((await askSamples('/beta/samples', token)).status).toBe(200);
    const more = await askToken(api, { ...grant(client), scope: 'users:read sync:run' });
    expectOAuthError(more, 400, 'invalid_scope', 'does not have the scope sync:run');
    expectOAuthError(await askToken(api, { ...grant(client), scope: 'ä"\\' }), 400, 'invalid_scope', "?''");
  });

  it('refuses as RFC 6749 says', async () => {
    const client = await makeClient(api);
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
      const answer = await askToken(api, fields);
      expectOAuthError(answer, 401, 'invalid_client', 'client_id');
      expect(answer.headers.get('www-authenticate')).toBe('Basic realm="identity-center"');
    }
    for (const headers of [
      basic(clientId, 'x'),
      { authorization: 'Basic ????' },
      { authorization: 'Basic %' },
    ])
      expectOAuthError(await askToken(api, { grant_type: type }, headers), 401, 'invalid_client', 'client_');
    const password = await askToken(api, { ...grant(client), grant_type: 'password' });
    expectOAuthError(password, 400, 'unsupported_grant_type', 'client_credentials');
    const { grant_type, ...without } = grant(client);
    expectOAuthError(await askToken(api, without), 400, 'invalid_request', 'grant_type');
    const twice = await askToken(api, grant(client), basic(clientId, clientSecret));
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
    const client = await makeClient(api);
    const empty = { grant_type: 'client_credentials', client_id: '', client_secret: '', scope: '' };
    const header = basic(client.clientId, client.clientSecret);
    expect((await askToken(api, empty, header)).body).toMatchObject({ scope: 'idn:identity:read' });
    expectOAuthError(await askToken(api, empty), 401, 'invalid_client', 'are needed');
    const none = await askToken(api, { ...grant(client), grant_type: '' });
    expectOAuthError(none, 400, 'invalid_request', 'grant_type');
    const twice = await api.post('/oauth/token', undefined, {
      token: null,
      rawBody: `${new URLSearchParams(grant(client))}&scope=&scope=users:read`,
      headers: FORM,
    });
    expectOAuthError(twice, 400, 'invalid_request', 'is there twice');
  });

  it('takes nothing from the URL', async () => {
    const { clientId, clientSecret } = await makeClient(api);
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
      expect((await askToken(limited, {})).status).toBe(400);
      const refused = await askToken(limited, {});
      expect([refused.status, refused.body]).toEqual([429, { message: ' Rate Limit Exceeded ' }]);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    } finally {
      await limited.close();
    }
  });
});
