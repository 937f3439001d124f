// What people decide about persons, over HTTP: it holds against every later correlation, and its history stays.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startApi, type TestApi } from '../support/api.ts';
import { type CorrelationLab, correlationLab } from '../support/correlation-lab.ts';
import { insertRun } from '../support/factories.ts';
import { expectPersonsCounted } from '../support/person-count.ts';

const UNKNOWN = '01a00000-0000-7000-8000-000000000000';
let lab: CorrelationLab;
let api: TestApi;
let hr: string;
let directory: string;

beforeEach(async () => {
  lab = await correlationLab();
  api = await startApi({ databaseUrl: lab.databaseUrl });
  hr = await lab.connection('HR', 1);
  directory = await lab.connection('Directory');
});

afterEach(async () => {
  await api?.close();
  await expectPersonsCounted(lab.pool);
  await lab?.close();
});

const personOf = async (objectId: string): Promise<string> =>
  (await api.get(`/api/users/${objectId}`)).body.data.personId;

/** Persons now, after a correlation of what changed, and after one of everything: all must be the same. */
async function outcome() {
  const now = await lab.outcome();
  await lab.correlate();
  expect(await lab.outcome()).toEqual(now);
  await lab.correlateEverything();
  expect(await lab.outcome()).toEqual(now);
  return now;
}

async function history(personId: string): Promise<string[]> {
  const { body } = await api.get(`/api/persons/${personId}/history?sort=at`);
  return body.data.map((event: { action: string; by: string | null }) => `${event.action} by ${event.by}`);
}

describe('POST /api/persons/{id}/links', () => {
  it('moves an account for good, and merges the person that has none left', async () => {
    const ann = await lab.account(hr, 'hr-ann', { employeeId: '1' });
    const stray = await lab.account(directory, 'ad-stray', { employeeId: '9' });
    await lab.correlate();
    const [person, strayPerson] = [await personOf(ann), await personOf(stray)];
    const before = Date.now();
    const linked = await api.post(`/api/persons/${person}/links`, { objectId: stray });
    const after = Date.now();
    expect(linked.status).toBe(200);
    expect(linked.body.data).toMatchObject({
      id: stray,
      personId: person,
      link: { rule: 'by hand', confidence: 100, manual: true, linkedBy: 'admin' },
    });
    const linkedAt = Date.parse(linked.body.data.link.linkedAt);
    expect(linkedAt >= before && linkedAt <= after).toBe(true);
    expect(await outcome()).toEqual({ persons: [['ad-stray', 'hr-ann']], cases: {} });
    expect((await api.get(`/api/persons/${strayPerson}`)).body.message).toContain(person);
    expect(await history(person)).toEqual(['linked by null', 'linked by admin']);
    expect(await history(strayPerson)).toEqual(['linked by null', 'unlinked by admin']);
    // Once more changes nothing.
    expect((await api.post(`/api/persons/${person}/links`, { objectId: stray })).status).toBe(200);
    expect(await history(person)).toHaveLength(2);
  });

  it('takes along at once who was linked by what that account says', async () => {
    const third = await lab.connection('Third');
    const ann = await lab.account(hr, 'hr-ann', { employeeId: '1' });
    const moved = await lab.account(directory, 'ad-moved', { employeeId: '9', email: 'x@example.org' });
    await lab.account(third, 'third', { email: 'x@example.org' });
    await lab.correlate();
    // A run that changed nothing is nothing to wait for.
    const dryRun = { dry_run: true, correlated_at: null };
    await insertRun(lab.pool, { projectId: UNKNOWN, connectionId: directory }, dryRun);
    await api.post(`/api/persons/${await personOf(ann)}/links`, { objectId: moved });
    expect(await lab.outcome()).toEqual({ persons: [['ad-moved', 'hr-ann', 'third']], cases: {} });
    await outcome();
  });

  it('leaves the account of the same directory that the person has already where it is', async () => {
    const ann = await lab.account(hr, 'hr-ann', { email: 'ann@example.org' });
    await lab.account(directory, 'ad-ann', { email: 'ann@example.org' });
    const admin = await lab.account(directory, 'ad-ann-admin', {});
    await lab.correlate();
    await api.post(`/api/persons/${await personOf(ann)}/links`, { objectId: admin });
    expect(await outcome()).toEqual({ persons: [['ad-ann', 'ad-ann-admin', 'hr-ann']], cases: {} });
  });

  it('refuses what is no account, and strangers', async () => {
    const ann = await lab.account(hr, 'hr-ann', {});
    await lab.correlate();
    const person = await personOf(ann);
    const refused = await api.post(`/api/persons/${person}/links`, { objectId: UNKNOWN });
    expect([refused.status, refused.body.details]).toEqual([
      400,
      [{ path: 'body.objectId', message: 'there is no object with this ID' }],
    ]);
    expect((await api.post(`/api/persons/${UNKNOWN}/links`, { objectId: ann })).status).toBe(404);
  });
});

describe('DELETE /api/persons/{id}/links/{objectId}', () => {
  it('gives the account a person of its own; the others stay, whoever they were linked by', async () => {
    const ann = await lab.account(hr, 'hr-ann', { employeeId: '1' });
    const user = await lab.account(directory, 'ad-ann', { employeeId: '1' });
    await lab.account(directory, 'ad-ann-admin', { employeeId: '1' });
    await lab.correlate();
    const person = await personOf(ann);
    // The account that the person was made for, and the only one that the others were compared with.
    const unlinked = await api.delete(`/api/persons/${person}/links/${ann}`);
    expect([unlinked.status, unlinked.body.data.objectCount]).toEqual([200, 1]);
    expect(unlinked.body.data.id).not.toBe(person);
    expect(await personOf(ann)).toBe(unlinked.body.data.id);
    expect(await personOf(user)).toBe(person);
    expect(await outcome()).toEqual({ persons: [['ad-ann', 'ad-ann-admin'], ['hr-ann']], cases: {} });
  });

  it('holds where one account of a directory leaves the person of a source of truth', async () => {
    const ann = await lab.account(hr, 'hr-ann', { email: 'ann@example.org' });
    const wrong = await lab.account(directory, 'ad-wrong', { email: 'ann@example.org' });
    await lab.correlate();
    const person = await personOf(ann);
    await api.delete(`/api/persons/${person}/links/${wrong}`);
    expect(await outcome()).toEqual({ persons: [['ad-wrong'], ['hr-ann']], cases: {} });
    expect(await personOf(ann)).toBe(person);
    // Nobody made a link of HR's account manual: it still follows its keys.
    expect((await api.get(`/api/persons/${person}/objects`)).body.data[0].link.manual).toBe(false);
    await api.post(`/api/persons/${person}/links`, { objectId: wrong });
    expect(await outcome()).toEqual({ persons: [['ad-wrong', 'hr-ann']], cases: {} });
  });

  it.each(['as ever', 'between an upgrade and the first run, when no name is kept'])(
    'leaves who was known by the name of the account that goes: %s',
    async (when) => {
      const third = await lab.connection('Third');
      const names = { givenName: 'Ann', surname: 'Lee' };
      const ann = await lab.account(hr, 'hr-ann', { employeeId: '1', ...names });
      await lab.account(directory, 'ad-1', { employeeId: '1', givenName: 'Beatrice', surname: 'Stone' });
      await lab.account(third, 'third-ann', names);
      await lab.correlate();
      const person = await personOf(ann);
      if (when !== 'as ever')
        await lab.pool.query(`
          delete from correlation_key where attribute = '~name'; delete from name_key;
          update correlation_state set asked = asked + 1`);
      await api.delete(`/api/persons/${person}/links/${ann}`);
      await lab.correlate();
      expect(await outcome()).toEqual({ persons: [['ad-1', 'third-ann'], ['hr-ann']], cases: {} });
      // By hand from now on: nothing else says that it is hers.
      const { rows } = await lab.pool.query('select rule from person_link where manual order by rule');
      expect(rows).toEqual([{ rule: 'Similar name' }, { rule: 'by hand' }]);
    },
  );

  it('answers 409 for the only account, and 404 for somebody else’s', async () => {
    const ann = await lab.account(hr, 'hr-ann', { employeeId: '1' });
    const bob = await lab.account(hr, 'hr-bob', { employeeId: '2' });
    await lab.correlate();
    const person = await personOf(ann);
    expect((await api.delete(`/api/persons/${person}/links/${ann}`)).status).toBe(409);
    expect((await api.delete(`/api/persons/${person}/links/${bob}`)).status).toBe(404);
  });
});

describe('POST /api/persons/{id}/merge and /split', () => {
  it('merges, and splits again, with the history of both', async () => {
    const ann = await lab.account(hr, 'hr-ann', { employeeId: '1' });
    const other = await lab.account(hr, 'hr-ann-2', { employeeId: '2' });
    const user = await lab.account(directory, 'ad-ann-2', { employeeId: '2' });
    await lab.correlate();
    const [person, otherPerson] = [await personOf(ann), await personOf(other)];
    const merged = await api.post(`/api/persons/${person}/merge`, { personId: otherPerson });
    expect(merged.body.data).toMatchObject({ id: person, objectCount: 3 });
    expect(await outcome()).toEqual({ persons: [['ad-ann-2', 'hr-ann', 'hr-ann-2']], cases: {} });
    expect((await api.get(`/api/persons/${otherPerson}`)).body.message).toContain(person);
    expect((await history(person)).slice(1)).toEqual(['merged by admin', 'merged by admin']);

    const split = await api.post(`/api/persons/${person}/split`, { objectIds: [other, user] });
    expect(split.status).toBe(201);
    expect(split.headers.get('location')).toBe(`/api/persons/${split.body.data.id}`);
    // As before the merge: the same person.
    expect(split.body.data).toMatchObject({ id: otherPerson, objectCount: 2 });
    expect(await outcome()).toEqual({ persons: [['ad-ann-2', 'hr-ann-2'], ['hr-ann']], cases: {} });
    expect((await history(otherPerson)).slice(-2)).toEqual(['split by admin', 'split by admin']);
    expect((await history(person)).slice(-2)).toEqual(['unlinked by admin', 'unlinked by admin']);
  });

  it('keeps who was unlinked from one of two merged persons apart from both', async () => {
    const ann = await lab.account(hr, 'hr-ann', { employeeId: '1' });
    const same = await lab.account(hr, 'hr-same', { employeeId: '2' });
    const wrong = await lab.account(directory, 'ad-wrong', { employeeId: '2' });
    await lab.correlate();
    const [person, samePerson] = [await personOf(ann), await personOf(same)];
    await api.delete(`/api/persons/${samePerson}/links/${wrong}`);
    await api.post(`/api/persons/${person}/merge`, { personId: samePerson });
    expect(await outcome()).toEqual({ persons: [['ad-wrong'], ['hr-ann', 'hr-same']], cases: {} });
    const { rows } = await lab.pool.query('select person_id from person_link_denial where object_id = $1', [
      wrong,
    ]);
    expect(rows.map((row) => row.person_id)).toContain(person);
  });

  it('refuses a person with itself, all accounts, and accounts of others', async () => {
    const ann = await lab.account(hr, 'hr-ann', { employeeId: '1' });
    const bob = await lab.account(hr, 'hr-bob', { employeeId: '2' });
    await lab.correlate();
    const person = await personOf(ann);
    const own = await api.post(`/api/persons/${person}/merge`, { personId: person });
    expect([own.status, own.body.details[0].path]).toEqual([400, 'body.personId']);
    expect((await api.post(`/api/persons/${person}/merge`, { personId: UNKNOWN })).status).toBe(400);
    expect((await api.post(`/api/persons/${person}/split`, { objectIds: [ann] })).status).toBe(409);
    const foreign = await api.post(`/api/persons/${person}/split`, { objectIds: [ann, bob] });
    expect(foreign.body.details).toEqual([
      { path: 'body.objectIds.1', message: 'is no account of this person' },
    ]);
    expect((await api.post(`/api/persons/${UNKNOWN}/split`, { objectIds: [ann] })).status).toBe(404);
  });
});

describe('correlation cases', () => {
  const openCases = async () => (await api.get('/api/persons/correlation-cases')).body;

  it('are shown with their candidates, and decided', async () => {
    const one = await lab.account(hr, 'hr-1', { email: 'team@example.org' });
    const two = await lab.account(hr, 'hr-2', { email: 'team@example.org' });
    const account = await lab.account(directory, 'ad-1', { email: 'TEAM@example.org' });
    await lab.correlate();
    const { data, totalCount } = await openCases();
    expect([totalCount, data[0]]).toEqual([
      1,
      expect.objectContaining({
        objectId: account,
        objectName: 'ad-1',
        connectionId: directory,
        reason: 'several_persons',
        status: 'open',
        resolution: null,
      }),
    ]);
    expect(data[0].candidates).toEqual(
      expect.arrayContaining([
        { personId: await personOf(one), displayName: 'hr-1', rule: 'Email', confidence: 100 },
        { personId: await personOf(two), displayName: 'hr-2', rule: 'Email', confidence: 100 },
      ]),
    );
    const path = `/api/persons/correlation-cases/${data[0].id}/resolve`;
    const person = await personOf(two);
    const resolved = await api.post(path, { action: 'link', personId: person });
    expect(resolved.body.data).toMatchObject({
      status: 'resolved',
      resolution: { action: 'link', personId: person },
      resolvedBy: 'admin',
    });
    expect(await outcome()).toEqual({ persons: [['ad-1', 'hr-2'], ['hr-1']], cases: {} });
    const again = await api.post(path, { action: 'new-person' });
    expect([again.status, again.body.message]).toEqual([409, expect.stringContaining('by admin')]);
    expect((await openCases()).totalCount).toBe(0);
    expect(
      (await api.get('/api/persons/correlation-cases?status=all&sort=-resolvedAt')).body.totalCount,
    ).toBe(1);
  });

  it('may come to a new person', async () => {
    await lab.account(hr, 'hr-1', { email: 'ann@example.org' });
    await lab.account(directory, 'ad-1', { email: 'ann@example.org' });
    await lab.account(directory, 'ad-2', { email: 'ann@example.org' });
    await lab.correlate();
    const { data } = (
      await api.get(`/api/persons/correlation-cases?reason=shared_value&connectionId=${directory}`)
    ).body;
    expect(data).toHaveLength(2);
    const shared = data.find(({ objectName }: { objectName: string }) => objectName === 'ad-2');
    const resolved = await api.post(`/api/persons/correlation-cases/${shared.id}/resolve`, {
      action: 'new-person',
    });
    expect(resolved.body.data.resolution.action).toBe('new-person');
    const { persons, cases } = await outcome();
    expect(persons).toEqual([['ad-2'], ['hr-1']]);
    expect(Object.keys(cases)).toEqual(['ad-1']);
    // What the sources say may settle the rest.
    await lab.change(shared.objectId, { email: null });
    await lab.correlate();
    const settled = (await api.get('/api/persons/correlation-cases?status=resolved&sort=-resolvedAt')).body
      .data[0];
    expect(settled).toMatchObject({
      objectName: 'ad-1',
      resolution: { action: 'settled', personId: null },
      resolvedBy: null,
    });
  });

  it('refuse decisions that are none', async () => {
    const path = (id: string) => `/api/persons/correlation-cases/${id}/resolve`;
    expect((await api.post(path(UNKNOWN), { action: 'new-person' })).status).toBe(404);
    const without = await api.post(path(UNKNOWN), { action: 'link' });
    expect([without.status, without.body.details[0].path]).toEqual([400, 'body.personId']);
    expect((await api.post(path(UNKNOWN), { action: 'guess' })).status).toBe(400);
  });
});

it('decides in turn with correlations, and says when one takes too long', async () => {
  const ann = await lab.account(hr, 'hr-ann', { employeeId: '1' });
  const stray = await lab.account(directory, 'ad-stray', {});
  await lab.correlate();
  const person = await personOf(ann);
  const other = await lab.pool.connect();
  await other.query(`begin; select pg_advisory_xact_lock(hashtextextended('correlation', 0))`);
  const late = await api.post(`/api/persons/${person}/links`, { objectId: stray });
  expect([late.status, late.headers.get('retry-after')]).toEqual([503, '5']);
  await other.query('commit');
  other.release();
  expect((await api.post(`/api/persons/${person}/links`, { objectId: stray })).status).toBe(200);
}, 30_000);
