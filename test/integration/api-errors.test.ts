// Every way a request can be wrong answers in one shape.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { insertConnection } from '../support/factories.ts';

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

describe('errors', () => {
  it.each(['/api/nothing', '/api', '/', '/api/users/1/2/3', '/other'])('404 for %s', async (path) => {
    const answer = await api.get(path);
    if (path === '/api/users/') expect(answer.status).toBe(200);
    else expect(answer.body).toMatchObject({ error: 'Not Found', statusCode: 404 });
  });

  it.each([
    ['PUT', '/api/users', 'GET, HEAD'],
    ['POST', '/api/users/01a00000-0000-7000-8000-000000000000', 'GET, HEAD'],
    ['DELETE', '/api/connections', 'GET, HEAD, POST'],
    ['GET', '/api/auth/login', 'POST'],
    ['GET', '/api/sync/projects/01a00000-0000-7000-8000-000000000000/run', 'POST'],
  ])('405 with Allow for %s %s', async (method, path, allow) => {
    const answer = await api.request(method, path);
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe(allow);
    expect(answer.body).toMatchObject({ error: 'Method Not Allowed', statusCode: 405 });
  });

  it('400 for malformed JSON, saying nothing of it', async () => {
    const answer = await api.post('/api/connections', undefined, {
      rawBody: '{"name": "secret-value',
      headers: { 'content-type': 'application/json' },
    });
    expect(answer.status).toBe(400);
    expect(answer.body.details).toEqual([{ path: 'body', message: 'is not valid JSON' }]);
    expect(answer.text).not.toContain('secret-value');
  });

  it.each([['[]'], ['"text"'], ['5'], ['null']])('400 for the body %s', async (rawBody) => {
    const answer = await api.post('/api/connections', undefined, {
      rawBody,
      headers: { 'content-type': 'application/json' },
    });
    expect(answer.status).toBe(400);
    expect(answer.body.details[0].path).toBe('body');
  });

  it.each([
    ['"a\\u0000b"', 'body.config.baseDns.0'],
    ['"a\\ud800b"', 'body.config.baseDns.0'],
    ['{"\\udfff": 1}', 'body.config.baseDns.0'],
    ['{"\\u0000": 1}', 'body.config.baseDns.0'],
    [`${'['.repeat(100)}${']'.repeat(100)}`, 'body'],
    [`${'['.repeat(300_000)}${']'.repeat(300_000)}`, 'body'],
  ])('400 for text that cannot be stored', async (inner, path) => {
    const answer = await api.post('/api/connections', undefined, {
      rawBody: `{"name":"x","type":"ldap","config":{"url":"ldap://x","baseDns":[${inner}]}}`,
      headers: { 'content-type': 'application/json' },
    });
    expect(answer.status).toBe(400);
    expect(answer.body.details[0].path).toBe(path);
  });

  it('400 for lone surrogates and U+0000 in mappings and scopes', async () => {
    for (const rawBody of [
      '{"attributeMappings":[{"target":"email","source":"\\ud800"}]}',
      '{"scopes":[{"objectClass":"user","baseDn":"dc=\\u0000"}]}',
    ]) {
      const path = '/api/sync/projects/01a00000-0000-7000-8000-000000000000';
      const headers = { 'content-type': 'application/json' };
      expect((await api.patch(path, undefined, { rawBody, headers })).status).toBe(400);
    }
  });

  it('400 for a body that is no gzip, saying so', async () => {
    const answer = await api.post('/api/connections', undefined, {
      rawBody: new TextEncoder().encode('{"name":"x"}'),
      headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
    });
    expect(answer.status).toBe(400);
    expect(answer.body.details).toEqual([{ path: 'body', message: 'cannot be decompressed' }]);
  });

  it('400 for a missing body', async () => {
    expect((await api.post('/api/connections')).status).toBe(400);
  });

  it('413 above 1 MiB, and not at it', async () => {
    const large = (size: number) =>
      api.post('/api/connections', undefined, {
        rawBody: JSON.stringify({ name: 'x'.repeat(size - 11) }),
        headers: { 'content-type': 'application/json' },
      });
    expect((await large(1_048_576)).status).toBe(400);
    const answer = await large(1_048_577);
    expect(answer.status).toBe(413);
    expect(answer.body).toMatchObject({ error: 'Payload Too Large', statusCode: 413 });
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', undefined])(
    '415 for a body of type %s',
    async (type) => {
      const answer = await api.post('/api/connections', undefined, {
        // Bytes, so that fetch adds no type of its own.
        rawBody: new TextEncoder().encode('{"name":"x"}'),
        headers: type ? { 'content-type': type } : {},
      });
      expect(answer.status).toBe(415);
      expect(answer.body).toMatchObject({ error: 'Unsupported Media Type', statusCode: 415 });
    },
  );

  it('415 for an unknown charset or encoding', async () => {
    const type = { 'content-type': 'application/json; charset=klingon' };
    expect((await api.post('/api/connections', undefined, { rawBody: '{}', headers: type })).status).toBe(
      415,
    );
    const encoding = { 'content-type': 'application/json', 'content-encoding': 'odd' };
    expect((await api.post('/api/connections', undefined, { rawBody: '{}', headers: encoding })).status).toBe(
      415,
    );
  });

  it.each([
    ['page=0', 'query.page'],
    ['page=-1', 'query.page'],
    ['page=1.5', 'query.page'],
    ['page=', 'query.page'],
    ['page=1e2', 'query.page'],
    ['page=1&page=2', 'query.page'],
    ['pageSize=0', 'query.pageSize'],
    ['pageSize=201', 'query.pageSize'],
    ['pageSize=abc', 'query.pageSize'],
    ['status=odd', 'query.status'],
    ['sort=password', 'query.sort'],
    ['sort=--email', 'query.sort'],
    ['connectionId=1', 'query.connectionId'],
    ['includeRemoved=yes', 'query.includeRemoved'],
    ['search=a%00b', 'query.search'],
    [`search=${'a'.repeat(201)}`, 'query.search'],
    ['search[a]=b', 'query.search[a]'],
    ['pagesize=10', 'query.pagesize'],
    ['nope=1', 'query.nope'],
    ['__proto__=1', 'query.__proto__'],
    ['constructor=1', 'query.constructor'],
    ['format=xml', 'query.format'],
  ])('400 naming the parameter for ?%s', async (query, path) => {
    const answer = await api.get(`/api/users?${query}`);
    expect(answer.body).toMatchObject({ error: 'Bad Request', statusCode: 400 });
    expect(answer.body.details.map((detail: { path: string }) => detail.path)).toContain(path);
  });

  it.each([
    ['%', '/api/users/%'],
    ['%ff', '/api/users/%ff'],
    ['%00', '/api/users/%00'],
  ])('400 for the id %s', async (_id, path) => {
    expect((await api.get(path)).status).toBe(400);
  });

  it('a search for what SQL and LIKE give a meaning to is only a search', async () => {
    for (const search of ["'; drop table account; --", '\\', '%', '_', '\\%', 'a\nb', '😀', '\u{10ffff}'])
      expect((await api.get(`/api/users?search=${encodeURIComponent(search)}`)).body.totalCount).toBe(0);
  });

  it('a page far beyond the end is empty', async () => {
    const answer = await api.get('/api/users?page=999999999&pageSize=200');
    expect(answer.body).toEqual({ data: [], totalCount: 0, page: 999_999_999, pageSize: 200 });
  });

  it('takes a well-formed X-Request-Id and replaces others', async () => {
    const given = await api.get('/api/users', { headers: { 'x-request-id': 'trace-0123456789' } });
    expect(given.headers.get('x-request-id')).toBe('trace-0123456789');
    const odd = await api.get('/api/users', { headers: { 'x-request-id': 'a b"<script>' } });
    expect(odd.headers.get('x-request-id')).toMatch(/^[\w-]{36}$/);
    expect(api.logLines.some((line) => JSON.parse(line).requestId === 'trace-0123456789')).toBe(true);
  });

  it('503 when a statement takes too long; deletions have more time', async () => {
    const short = await startApi({ databaseUrl: database.url, statementTimeoutMs: 300 });
    const blocker = await api.database.pool.connect();
    try {
      const token = await short.login();
      await short.database.migrate();
      const connection = await insertConnection(api.database.pool);
      await blocker.query('begin');
      await blocker.query('lock table directory_object in access exclusive mode');
      const late = await short.get('/api/users', { token });
      expect(late.body).toMatchObject({ error: 'Service Unavailable', statusCode: 503 });
      const deletion = short.delete(`/api/connections/${connection}`, { token });
      const again = await short.get('/api/users', { token });
      expect(again.status).toBe(503);
      await blocker.query('commit');
      expect((await deletion).status).toBe(204);
      expect((await short.get('/api/users', { token })).status).toBe(200);
    } finally {
      blocker.release();
      await short.close();
    }
  });

  it('500 without a stack or SQL when something is broken, and the log has it', async () => {
    const broken = await createTestDatabase();
    const other = await startApi({ databaseUrl: broken.url });
    try {
      const token = await other.login();
      await other.database.pool.query('alter table directory_object rename column display_name to renamed');
      const failed = await other.get('/api/users', { token });
      expect(failed.body).toEqual({
        error: 'Internal Server Error',
        message: 'Something went wrong here; the log has it under this X-Request-Id.',
        statusCode: 500,
      });
      const id = failed.headers.get('x-request-id');
      const logged = other.logLines.filter((line) => JSON.parse(line).requestId === id);
      expect(logged.join('')).toContain('does not exist');
    } finally {
      await other.close();
      await broken.drop();
    }
  });
});
