// Persons over HTTP: list, search, one, their accounts and history.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import { startApi, type TestApi } from '../support/api.ts';
import { type CorrelationLab, correlationLab } from '../support/correlation-lab.ts';

const UNKNOWN = '01a00000-0000-7000-8000-000000000000';
let lab: CorrelationLab;
let api: TestApi;
let hr: string;
let directory: string;
let account: string;

const personOf = async (name: string): Promise<string> =>
  (
    await lab.pool.query(
      `select l.person_id from person_link l join directory_object o on o.id = l.object_id where o.source_id = $1`,
      [name],
    )
  ).rows[0].person_id;

beforeAll(async () => {
  lab = await correlationLab();
  api = await startApi({ databaseUrl: lab.databaseUrl });
  hr = await lab.connection('HR', 1);
  directory = await lab.connection('Directory');
  await lab.account(hr, 'Ann Émile', { employeeId: '1' });
  await lab.account(hr, 'bob brown', { employeeId: '2' });
  await lab.account(hr, 'Cleo Ann', { employeeId: '3' });
  account = await lab.account(directory, 'Ann (AD)', { employeeId: '1' });
  await lab.correlate();
  await lab.pool.query(`
    update person set email = 'bob@example.org', status = 'terminated', department = 'IT', employee_id = '2',
      attributes = '{"costCenter": "42"}' where display_name = 'bob brown'`);
});

afterAll(async () => {
  await api?.close();
  await lab?.close();
});

const namesOf = (answer: { body: { data: { displayName: string }[] } }) =>
  answer.body.data.map((row) => row.displayName);

describe('GET /api/persons', () => {
  it.each([
    ['', ['Ann Émile', 'bob brown', 'Cleo Ann']],
    ['sort=-displayName', ['Cleo Ann', 'bob brown', 'Ann Émile']],
    ['status=terminated', ['bob brown']],
    ['status=active', ['Ann Émile', 'Cleo Ann']],
    ['status=all', ['Ann Émile', 'bob brown', 'Cleo Ann']],
    ['search=bob&status=all&sort=-email', ['bob brown']],
    ['search=ann', ['Ann Émile', 'Cleo Ann']],
    ['search=ann&sort=-displayName', ['Cleo Ann', 'Ann Émile']],
    ['search=BOB%40EX', ['bob brown']],
    ['search=an', ['Ann Émile']],
    ['search=nobody', []],
  ])('%s', async (query, expected) => {
    const answer = await api.get(`/api/persons?${query}`);
    expect(answer.status).toBe(200);
    expect(namesOf(answer)).toEqual(expected);
    expect(answer.body.totalCount).toBe(expected.length);
  });

  it('filters by connection', async () => {
    const answer = await api.get(`/api/persons?connectionId=${directory}`);
    expect(namesOf(answer)).toEqual(['Ann Émile']);
    expect(answer.body.totalCount).toBe(1);
  });

  it('filters by profile and by what came of its last refresh', async () => {
    const { rows } = await lab.pool.query(`select id from identity_profile where name = 'HR'`);
    const id = await personOf('bob brown');
    await lab.pool.query(
      `update person set identity_profile_id = $2, processing_state = 'ERROR',
         processing_errors = '{"region": "no entry for Atlantis", "email": "too long"}',
         last_refresh_at = '2026-01-02T03:04:05.678Z' where id = $1`,
      [id, rows[0].id],
    );
    const failed = await api.get('/api/persons?processingState=ERROR');
    expect(failed.body.totalCount).toBe(1);
    expect(failed.body.data).toEqual([(await api.get(`/api/persons/${id}`)).body.data]);
    expect(failed.body.data[0]).toMatchObject({
      displayName: 'bob brown',
      processingState: 'ERROR',
      processingErrors: [
        { attribute: 'email', message: 'too long' },
        { attribute: 'region', message: 'no entry for Atlantis' },
      ],
      lastRefreshAt: '2026-01-02T03:04:05.678Z',
    });
    expect(namesOf(await api.get('/api/persons?processingState=OK'))).toEqual([]);
    expect(namesOf(await api.get(`/api/persons?identityProfileId=${rows[0].id}`))).toEqual(['bob brown']);
    expect((await api.get(`/api/persons?identityProfileId=${UNKNOWN}`)).body.totalCount).toBe(0);
    const other = (await api.get('/api/persons?search=cleo')).body.data[0];
    expect(other).toMatchObject({ processingState: null, processingErrors: [], lastRefreshAt: null });
    await lab.pool.query('update person set identity_profile_id = null where id = $1', [id]);
  });

  it('pages by cursor', async () => {
    const first = await api.get('/api/persons?pageSize=2');
    expect(first.body).toMatchObject({ totalCount: 3, pageSize: 2 });
    const next = /<([^>]+)>/.exec(first.headers.get('link') ?? '')?.[1] ?? '';
    expect(namesOf(await api.get(next))).toEqual(['Cleo Ann']);
  });

  it('is CSV where that is asked for', async () => {
    const records = parse((await api.get('/api/persons?format=csv')).text, { columns: true }) as Record<
      string,
      string
    >[];
    expect(records.map((record) => record.displayName)).toEqual(['Ann Émile', 'bob brown', 'Cleo Ann']);
    expect(records[1]).toMatchObject({ attributes: '{"costCenter":"42"}', objectCount: '1' });
  });

  it('is for those with the scope persons:read', async () => {
    const { body } = await api.post('/api/auth/clients', { name: 'reporting', scopes: ['users:read'] });
    const grant = await fetch(`${api.baseUrl}/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: body.data.clientId,
        client_secret: body.data.clientSecret,
      }),
    });
    const { access_token: token } = (await grant.json()) as { access_token: string };
    const refused = await api.get('/api/persons', { token });
    expect([refused.status, refused.body.message]).toEqual([403, expect.stringContaining('persons:read')]);
  });
});

describe('GET /api/persons/{id}', () => {
  it('is one person with what its profile worked out', async () => {
    const { body } = await api.get(`/api/persons/${await personOf('bob brown')}`);
    expect(body.data).toMatchObject({
      displayName: 'bob brown',
      email: 'bob@example.org',
      employeeId: '2',
      department: 'IT',
      status: 'terminated',
      managerId: null,
      identityProfileId: null,
      attributes: { costCenter: '42' },
      objectCount: 1,
    });
  });

  it('has the accounts with what linked them, and the same person on both', async () => {
    const id = await personOf('Ann Émile');
    const { body } = await api.get(`/api/persons/${id}/objects`);
    expect(body.totalCount).toBe(2);
    expect(body.data[0]).toMatchObject({
      id: account,
      connectionId: directory,
      personId: id,
      link: { rule: 'Employee id', confidence: 100, manual: false, linkedBy: null },
    });
    expect((await api.get(`/api/users/${account}`)).body.data.personId).toBe(id);
    expect((await api.get(`/api/persons/${id}`)).body.data.objectCount).toBe(2);
  });

  it('hides accounts that have gone from their source', async () => {
    const { pool } = lab;
    const id = await personOf('Ann Émile');
    await pool.query('update directory_object set removed_at = now() where id = $1', [account]);
    expect((await api.get(`/api/persons/${id}/objects`)).body.totalCount).toBe(1);
    expect((await api.get(`/api/persons/${id}`)).body.data.objectCount).toBe(1);
    const all = await api.get(`/api/persons/${id}/objects?includeRemoved=true&sort=linkedAt`);
    expect(all.body.totalCount).toBe(2);
    await pool.query('update directory_object set removed_at = null where id = $1', [account]);
  });

  it('tells which accounts came and went', async () => {
    const { body } = await api.get(`/api/persons/${await personOf('Ann Émile')}/history`);
    expect(body.data.map((event: { action: string; rule: string }) => [event.action, event.rule])).toEqual(
      expect.arrayContaining([
        ['linked', 'own person'],
        ['linked', 'Employee id'],
      ]),
    );
    expect(body.data[0]).toMatchObject({ by: null, runId: null });
  });

  it('names the person that took a merged one over, through every merge', async () => {
    const last = await personOf('Cleo Ann');
    const { rows } = await lab.pool.query(
      `with second as (insert into person (display_name, dissolved_at, merged_into) values ('second', now(), $1)
         returning id)
       insert into person (display_name, dissolved_at, merged_into) select 'first', now(), id from second returning id`,
      [last],
    );
    const first = rows[0].id;
    const gone = await api.get(`/api/persons/${first}`);
    expect(gone.body).toEqual({
      error: 'Not Found',
      message: `Person with ID '${first}' was not found: it was merged into the person with ID '${last}'`,
      statusCode: 404,
    });
    expect((await api.get(`/api/persons/${first}/objects`)).status).toBe(404);
    expect((await api.get(`/api/persons/${first}/history`)).body.totalCount).toBe(0);
  });

  it('answers 404 for a stranger and 400 for what is no id', async () => {
    for (const part of ['', '/objects', '/history']) {
      expect((await api.get(`/api/persons/${UNKNOWN}${part}`)).body.message).toBe(
        `Person with ID '${UNKNOWN}' was not found`,
      );
      expect((await api.get(`/api/persons/42${part}`)).status).toBe(400);
    }
  });
});
