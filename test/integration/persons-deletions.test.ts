// What becomes of persons when a connection or a project is deleted.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startApi, type TestApi } from '../support/api.ts';
import { type CorrelationLab, correlationLab } from '../support/correlation-lab.ts';
import { insertClaim, insertProject } from '../support/factories.ts';
import { expectPersonsCounted } from '../support/person-count.ts';

let lab: CorrelationLab;
let api: TestApi;
let hr: string;
let directory: string;

beforeEach(async () => {
  lab = await correlationLab();
  api = await startApi({ databaseUrl: lab.databaseUrl });
  hr = await lab.connection('HR');
  directory = await lab.connection('Directory');
});

afterEach(async () => {
  await api?.close();
  await expectPersonsCounted(lab.pool);
  await lab?.close();
});

const personOf = async (objectId: string): Promise<string> =>
  (await api.get(`/api/users/${objectId}`)).body.data.personId;

async function count(table: string, connectionId: string): Promise<number> {
  const { rows } = await lab.pool.query(`select count(*)::int as n from ${table} where connection_id = $1`, [
    connectionId,
  ]);
  return rows[0].n;
}

describe('DELETE /api/connections/{id}', () => {
  it('takes its accounts from their persons; whoever has another one stays the same', async () => {
    // The directory's account came first and was a person of its own.
    const user = await lab.account(directory, 'ad-ann', { employeeId: '1' });
    await lab.correlate();
    const ann = await lab.account(hr, 'hr-ann', { employeeId: '1' });
    const alone = await lab.account(hr, 'hr-bob', {
      email: 'bob@example.org',
      givenName: 'Bob',
      surname: 'Lee',
    });
    await lab.correlate();
    const [person, bob] = [await personOf(ann), await personOf(alone)];
    expect(await personOf(user)).toBe(person);
    expect((await api.delete(`/api/connections/${hr}`)).status).toBe(204);
    expect(await lab.outcome()).toEqual({ persons: [['ad-ann']], cases: {} });
    expect(await personOf(user)).toBe(person);
    expect((await api.get(`/api/persons/${bob}`)).body.message).toContain('no account of it is left');
    const { body } = await api.get(`/api/persons/${bob}/history?sort=at`);
    expect(body.data.at(-1)).toMatchObject({ action: 'unlinked', objectId: alone, by: 'admin' });
    for (const table of ['person_link', 'correlation_key', 'correlation_case'])
      expect([table, await count(table, hr)]).toEqual([table, 0]);
    expect((await lab.pool.query('select from name_key')).rowCount).toBe(0);
    await lab.correlateEverything();
    expect(await personOf(user)).toBe(person);
  });

  it('leaves the rows of those who keep another account', async () => {
    const ann = await lab.account(hr, 'hr-ann', { employeeId: '1' });
    await lab.correlate();
    await lab.account(directory, 'ad-ann', { employeeId: '1' });
    await lab.account(directory, 'ad-bob', { employeeId: '2' });
    await lab.correlate();
    const person = await personOf(ann);
    const row = async () =>
      (await lab.pool.query('select xmin, dissolved_at from person where id = $1', [person])).rows;
    const before = await row();
    expect((await api.delete(`/api/connections/${directory}`)).status).toBe(204);
    expect(await lab.outcome()).toEqual({ persons: [['hr-ann']], cases: {} });
    expect(await row()).toEqual(before);
    const { rows } = await lab.pool.query('select person_id from refresh_wanted where person_id = $1', [
      person,
    ]);
    expect(rows).toHaveLength(1);
  });

  it('evaluates those anew who waited because of it', async () => {
    await lab.account(hr, 'hr-1', { email: 'team@example.org' });
    await lab.account(hr, 'hr-2', { email: 'team@example.org' });
    const account = await lab.account(directory, 'ad-team', { email: 'team@example.org' });
    await lab.correlate();
    expect((await lab.outcome()).cases).toEqual({ 'ad-team': 'several_persons' });
    await lab.pool.query('insert into person_link_denial select object_id, person_id from person_link');
    expect((await api.delete(`/api/connections/${hr}`)).status).toBe(204);
    expect(await lab.outcome()).toEqual({ persons: [['ad-team']], cases: {} });
    expect((await lab.pool.query('select from person_link_denial')).rowCount).toBe(0);
    expect((await api.get(`/api/persons/${await personOf(account)}`)).status).toBe(200);
  });

  it('is refused while an identity profile names it', async () => {
    const source = await lab.connection('Payroll', 1);
    const refused = await api.delete(`/api/connections/${source}`);
    expect([refused.status, refused.body.message]).toEqual([
      409,
      'Identity profiles name this connection as their authoritative source; change or delete them first: Payroll.',
    ]);
  });
});

describe('DELETE /api/sync/projects/{id}', () => {
  it('evaluates its accounts anew, and those whom they concern', async () => {
    const project = await insertProject(lab.pool, directory);
    await lab.account(hr, 'hr-ann', { email: 'ann@example.org' });
    for (const name of ['ad-1', 'ad-2']) {
      const objectId = await lab.account(directory, name, { email: 'ann@example.org' });
      if (name === 'ad-2')
        await insertClaim(lab.pool, { connectionId: directory, objectId, projectId: project });
    }
    await lab.correlate();
    expect((await lab.outcome()).cases).toEqual({ 'ad-1': 'shared_value', 'ad-2': 'shared_value' });
    expect((await api.delete(`/api/sync/projects/${project}`)).status).toBe(204);
    expect(await lab.outcome()).toEqual({ persons: [['ad-1', 'hr-ann']], cases: {} });
  });
});
