// Connections over HTTP: settings, secrets that never come back, deletion.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApi, type TestApi } from '../support/api.ts';
import { createConnection, csv, ldap, BIND_PASSWORD as PASSWORD } from '../support/connection-bodies.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import {
  insertClaim,
  insertGroup,
  insertMembership,
  insertProject,
  insertUser,
} from '../support/factories.ts';

const UNKNOWN_ID = '01a00000-0000-7000-8000-000000000000';

let database: TestDatabase;
let api: TestApi;

beforeAll(async () => {
  database = await createTestDatabase();
  api = await startApi({ databaseUrl: database.url });
  mkdirSync(api.importDirectory, { recursive: true });
  writeFileSync(join(api.importDirectory, 'people.csv'), 'id,name,mail\n1,Ann,ann@x\n');
});

afterAll(async () => {
  await api?.close();
  await database?.drop();
});

const created = (body: object) => createConnection(api, body);

describe('POST /api/connections', () => {
  it('stores a connection, fills in defaults and says where it is', async () => {
    const body = ldap();
    const answer = await api.post('/api/connections', body);
    expect(answer.status).toBe(201);
    expect(answer.headers.get('location')).toBe(`/api/connections/${answer.body.data.id}`);
    expect(answer.body.data).toMatchObject({
      name: body.name,
      type: 'ldap',
      status: 'untested',
      lastTestedAt: null,
      objectCount: 0,
      config: { url: 'ldap://127.0.0.1:1', pageSize: 1_000, startTls: false, bindPassword: { set: true } },
    });
    expect((await api.get(`/api/connections/${answer.body.data.id}`)).body.data).toEqual(answer.body.data);
  });

  it.each([
    [{ ...ldap(), name: '' }, 'body.name'],
    [{ ...ldap(), name: ' x' }, 'body.name'],
    [{ ...ldap(), type: 'odd' }, 'body.type'],
    [{ ...ldap(), type: 'scim' }, 'body.type'],
    [{ ...ldap(), extra: 1 }, 'body.extra'],
    [ldap({ nope: 1 }), 'body.config.nope'],
    [ldap({ url: 'http://x' }), 'body.config.url'],
    [ldap({ url: 5 }), 'body.config.url'],
    [ldap({ pageSize: 0 }), 'body.config.pageSize'],
    [ldap({ baseDns: ['no dn'] }), 'body.config.baseDns.0'],
    [{ name: 'x', type: 'csv', config: {} }, 'body.config.file'],
    [{ name: 'x', type: 'ldap' }, 'body.config'],
  ])('refuses %j, naming %s', async (body, path) => {
    const answer = await api.post('/api/connections', body);
    expect(answer.status).toBe(400);
    expect(answer.body.details.map((detail: { path: string }) => detail.path)).toContain(path);
    expect(answer.text).not.toContain(PASSWORD);
  });

  it('refuses a name that is taken', async () => {
    const body = csv();
    await created(body);
    const answer = await api.post('/api/connections', body);
    expect(answer.status).toBe(409);
    expect(answer.body.message).toContain(body.name);
  });
});

describe('secrets', () => {
  it('are in no answer, log line or table, and open again for the connector', async () => {
    const id = await created(ldap());
    const answers = [
      await api.get('/api/connections'),
      await api.get('/api/connections?format=csv'),
      await api.get(`/api/connections/${id}`),
      await api.post(`/api/connections/${id}/test`),
      await api.patch(`/api/connections/${id}`, { config: { pageSize: 10 } }),
      await api.get(`/api/connections/${id}/schema`),
    ];
    for (const answer of answers) expect(answer.text).not.toContain(PASSWORD);
    expect(api.logLines.join('')).not.toContain(PASSWORD);
    const { rows } = await api.database.pool.query(
      'select to_jsonb(c) as row, secrets from connection c where id = $1',
      [id],
    );
    expect(JSON.stringify(rows[0].row)).not.toContain(PASSWORD);
    expect(api.secretBox.open(rows[0].secrets.bindPassword, `connection:${id}:bindPassword`)).toBe(PASSWORD);
  });

  it('stay when an answer is sent back as it came', async () => {
    const id = await created(ldap());
    const { config } = (await api.get(`/api/connections/${id}`)).body.data;
    const answer = await api.patch(`/api/connections/${id}`, { config: { ...config, pageSize: 77 } });
    expect(answer.status).toBe(200);
    expect(answer.body.data.config).toMatchObject({ pageSize: 77, bindPassword: { set: true } });
  });

  it.each([
    ['url', 'ldap://127.0.0.1:2'],
    ['startTls', true],
    ['url', 'ldaps://127.0.0.1:636'],
  ])('are asked for again when %s changes', async (field, value) => {
    const id = await created(ldap());
    const refused = await api.patch(`/api/connections/${id}`, { config: { [field]: value } });
    expect(refused.status).toBe(400);
    expect(refused.body.details[0].path).toBe('body.config.bindPassword');
    expect((await api.get(`/api/connections/${id}`)).body.data.config[field]).not.toBe(value);
    const again = await api.patch(`/api/connections/${id}`, {
      config: { [field]: value, bindPassword: PASSWORD },
    });
    expect(again.body.data.config[field]).toBe(value);
  });

  it('are not lent to a test of other settings', async () => {
    const id = await created(ldap());
    const { config } = ldap({ url: 'ldap://127.0.0.1:3' });
    const { bindPassword, ...rest } = config;
    const refused = await api.post('/api/connections/test', { type: 'ldap', id, config: rest });
    expect(refused.body.details[0].path).toBe('body.config.bindPassword');
    const same = await api.post('/api/connections/test', { type: 'ldap', id, config: { pageSize: 5 } });
    expect(same.body.data.ok).toBe(false);
    expect(
      (await api.post('/api/connections/test', { type: 'ldap', config: { ...rest, bindPassword } })).status,
    ).toBe(200);
  });

  it('go when they are set to null together with the account', async () => {
    const id = await created(ldap());
    const answer = await api.patch(`/api/connections/${id}`, {
      config: { bindDn: null, bindPassword: null },
    });
    expect(answer.body.data.config).toMatchObject({ bindDn: null, bindPassword: { set: false } });
  });
});

describe('GET, PATCH and DELETE of connections', () => {
  it('filter, search and sort the list', async () => {
    const id = await created({ ...csv(), name: 'Zebra_1' });
    expect(
      (await api.get('/api/connections?search=ZEBRA_')).body.data.map((row: { id: string }) => row.id),
    ).toEqual([id]);
    const types = (await api.get('/api/connections?type=csv')).body.data.map(
      (row: { type: string }) => row.type,
    );
    expect(new Set(types)).toEqual(new Set(['csv']));
    expect((await api.get('/api/connections?sort=-name&pageSize=1')).body.data[0].id).toBe(id);
  });

  it('answer 404 for strangers', async () => {
    for (const [method, path] of [
      ['GET', ''],
      ['PATCH', ''],
      ['DELETE', ''],
      ['POST', '/test'],
      ['GET', '/schema'],
    ] as const) {
      const body = method === 'PATCH' ? { name: 'x' } : undefined;
      expect([
        method,
        (await api.request(method, `/api/connections/${UNKNOWN_ID}${path}`, { body })).status,
      ]).toEqual([method, 404]);
    }
  });

  it('rename, and refuse a taken name and what is no field', async () => {
    const [one, two] = [csv(), csv()];
    const id = await created(one);
    await created(two);
    expect((await api.patch(`/api/connections/${id}`, { name: 'renamed' })).body.data.name).toBe('renamed');
    expect((await api.patch(`/api/connections/${id}`, { name: two.name })).status).toBe(409);
    expect((await api.patch(`/api/connections/${id}`, { type: 'ldap' })).body.details[0].path).toBe(
      'body.type',
    );
  });

  it('lose no change of several at the same moment', async () => {
    const changes = { delimiter: ';', encoding: 'latin1', classColumn: 'kind', multiValueSeparator: '|' };
    for (let round = 0; round < 3; round += 1) {
      const id = await created(csv());
      const answers = await Promise.all(
        Object.entries(changes).map(([field, value]) =>
          api.patch(`/api/connections/${id}`, { config: { [field]: value } }),
        ),
      );
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
      expect((await api.get(`/api/connections/${id}`)).body.data.config).toMatchObject(changes);
    }
  });

  it('delete with all that came from it, but not while a project uses it', async () => {
    const { pool } = api.database;
    const id = await created(csv());
    const other = await created(csv());
    const project = await insertProject(pool, id, { name: 'in the way' });
    const user = await insertUser(pool, id);
    const kept = await insertUser(pool, other);
    const group = await insertGroup(pool, id);
    await insertMembership(pool, { connectionId: id, groupId: group, memberId: user, reference: '1' });
    await insertClaim(pool, { connectionId: id, objectId: user, projectId: project });
    const refused = await api.delete(`/api/connections/${id}`);
    expect(refused.status).toBe(409);
    expect(refused.body.message).toContain('in the way');
    expect((await api.get(`/api/connections/${id}`)).body.data.objectCount).toBe(2);
    await pool.query('delete from sync_project where id = $1', [project]);
    expect((await api.delete(`/api/connections/${id}`)).status).toBe(204);
    expect((await api.get(`/api/connections/${id}`)).status).toBe(404);
    expect((await api.get(`/api/users/${user}`)).status).toBe(404);
    expect((await api.get(`/api/users/${kept}`)).status).toBe(200);
    const left = await pool.query(
      `select (select count(*) from membership where connection_id = $1) + (select count(*) from object_count where connection_id = $1)
        + (select count(*) from object_scope where project_id = $2) as n`,
      [id, project],
    );
    expect(Number(left.rows[0].n)).toBe(0);
  });
});
