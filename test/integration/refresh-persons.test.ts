// Identity attributes of the persons whose accounts changed: computed from all their accounts, failures apart.
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createBatches } from '../../activities/identity-refresh/batches.ts';
import { refreshPersons } from '../../activities/identity-refresh/refresh-persons.ts';
import { type CorrelationLab, correlationLab } from '../support/correlation-lab.ts';
import { expectPersonsCounted } from '../support/person-count.ts';

let lab: CorrelationLab;
let hr: string;
let directory: string;

beforeAll(async () => {
  lab = await correlationLab();
});
afterAll(() => lab?.close());
afterEach(() => expectPersonsCounted(lab.pool));
beforeEach(async () => {
  await lab.empty();
  hr = await lab.connection('HR', 10);
  directory = await lab.connection('Directory');
});

const of = (sourceName: string, attributeName: string) => ({
  type: 'accountAttribute',
  attributes: { sourceName, attributeName },
});

const setMappings = (mappings: Record<string, unknown>, enabled = true) =>
  lab.pool.query(
    `update identity_profile set updated_at = clock_timestamp(), identity_attribute_config = $1`,
    [
      {
        enabled,
        attributeTransforms: Object.entries(mappings).map(([identityAttributeName, transformDefinition]) => ({
          identityAttributeName,
          transformDefinition,
        })),
      },
    ],
  );

async function person(attributes: Record<string, string[]>, more: Record<string, string[]> = {}) {
  const hrAccount = await lab.account(hr, `hr-${attributes.id}`, { employeeId: String(attributes.id) });
  const other = await lab.account(directory, `ad-${attributes.id}`, { employeeId: String(attributes.id) });
  await lab.pool.query('update directory_object set attributes = $2 where id = $1', [hrAccount, attributes]);
  await lab.pool.query('update directory_object set attributes = $2 where id = $1', [other, more]);
  return hrAccount;
}

async function refreshed(objectId: string) {
  await lab.correlate();
  await refreshPersons(lab, new AbortController().signal);
  return personOf(objectId);
}

async function personOf(objectId: string) {
  const { rows } = await lab.pool.query(
    'select p.* from person_link l join person p on p.id = l.person_id where l.object_id = $1',
    [objectId],
  );
  return rows[0];
}

const wantAll = () =>
  lab.pool.query('insert into refresh_wanted select id from person on conflict do nothing');

test('attributes of all accounts go through the transforms of the profile, nested ones too', async () => {
  await setMappings({
    firstname: { type: 'normalizeNames', attributes: { input: of('HR', 'first') } },
    email: {
      type: 'lower',
      attributes: {
        input: { type: 'firstValid', attributes: { values: [of('Directory', 'mail'), of('HR', 'mail')] } },
      },
    },
    displayName: { type: 'displayName', attributes: {} },
    department: of('HR', 'nobodyHasIt'),
  });
  const account = await person({ id: ['1'], first: ['ANN'] }, { mail: ['Ann@Example.org'] });
  expect(await refreshed(account)).toMatchObject({
    attributes: { firstname: 'Ann', email: 'ann@example.org', displayName: 'Ann', department: null },
    given_name: 'Ann',
    email: 'ann@example.org',
    display_name: 'Ann',
    department: null,
    processing_state: 'OK',
    processing_errors: null,
  });
  expect((await personOf(account)).last_refresh_at).not.toBeNull();
});

test('a transform that fails leaves its attribute as it was and says why; the others go on', async () => {
  await setMappings({
    region: { type: 'lookup', attributes: { input: of('HR', 'country'), table: { DE: 'EMEA' } } },
    title: of('HR', 'title'),
  });
  const account = await person({ id: ['1'], country: ['DE'], title: ['Clerk'] });
  expect((await refreshed(account)).attributes).toEqual({ region: 'EMEA', title: 'Clerk' });
  await lab.pool.query('update directory_object set attributes = $2 where id = $1', [
    account,
    { id: ['1'], country: ['Atlantis'], title: ['Chief'] },
  ]);
  await wantAll();
  const failing = await refreshed(account);
  expect(failing).toMatchObject({
    attributes: { region: 'EMEA', title: 'Chief' },
    processing_state: 'ERROR',
    identity_status: 'ERROR',
  });
  expect(failing.processing_errors).toEqual({ region: expect.stringContaining("'Atlantis'") });
  const { rows } = await lab.pool.query('select name, exception_report from identity_profile');
  expect(rows[0].exception_report).toEqual({
    taskResultId: expect.stringMatching(/^[0-9a-f]{32}$/),
    reportName: `Identity exceptions of ${rows[0].name}`,
  });
});

test('a source that is not there is the failure of what reads it, and of nothing else', async () => {
  await setMappings({
    mail: of('Directory', 'mail'),
    title: of('HR', 'title'),
    nickname: {
      type: 'firstValid',
      attributes: { ignoreErrors: true, values: [of('Directory', 'nick'), of('HR', 'first')] },
    },
  });
  const account = await person(
    { id: ['1'], title: ['Clerk'], first: ['Ann'] },
    { mail: ['a@example.org'], nick: ['A'] },
  );
  expect((await refreshed(account)).attributes).toEqual({
    mail: 'a@example.org',
    title: 'Clerk',
    nickname: 'A',
  });
  await lab.pool.query(`update connection set name = 'Renamed' where id = $1`, [directory]);
  await lab.pool.query(
    `update directory_object set attributes = '{"title": ["Chief"], "first": ["Anna"]}' where id = $1`,
    [account],
  );
  await wantAll();
  expect(await refreshed(account)).toMatchObject({
    attributes: { mail: 'a@example.org', title: 'Chief', nickname: 'Anna' },
    email: 'a@example.org',
    processing_state: 'ERROR',
    processing_errors: { mail: "there is no connection named 'Directory'" },
  });
});

test('what the authority said last stands when its account is gone', async () => {
  await setMappings({ title: of('HR', 'title'), mail: of('Directory', 'mail') });
  const account = await person({ id: ['1'], title: ['Clerk'] }, { mail: ['a@example.org'] });
  await refreshed(account);
  await lab.pool.query('update directory_object set removed_at = now()');
  await wantAll();
  expect(await refreshed(account)).toMatchObject({
    attributes: { title: 'Clerk', mail: null },
    status: 'terminated',
  });
});

test('a configuration that is switched off leaves attributes as they are', async () => {
  await setMappings({ title: of('HR', 'title') });
  const account = await person({ id: ['1'], title: ['Clerk'] });
  await refreshed(account);
  await setMappings({ title: { type: 'static', attributes: { value: 'x' } } }, false);
  await wantAll();
  expect(await refreshed(account)).toMatchObject({ attributes: { title: 'Clerk' }, processing_state: 'OK' });
});

test('a stored configuration that cannot be served is the failure of every person of it', async () => {
  await setMappings({ title: { type: 'rule', attributes: { name: 'Somebody' } } });
  const account = await person({ id: ['1'] });
  const row = await refreshed(account);
  expect(row.processing_state).toBe('ERROR');
  expect(row.processing_errors.identityAttributeConfig).toContain("'rule'");
});

test('persons without a profile are derived all the same', async () => {
  const account = await lab.account(directory, 'ad-7', { email: 'seven@example.org' });
  expect(await refreshed(account)).toMatchObject({ email: 'seven@example.org' });
});

test('user names are given once, in one batch and in the next', async () => {
  await setMappings({
    uid: {
      type: 'usernameGenerator',
      attributes: { patterns: ['$first', '$first$uniqueCounter'], first: of('HR', 'first') },
    },
  });
  const accounts = [await person({ id: ['1'], first: ['ann'] }), await person({ id: ['2'], first: ['ann'] })];
  await refreshed(accounts[0] as string);
  accounts.push(await person({ id: ['3'], first: ['ANN'] }));
  await refreshed(accounts[2] as string);
  const names = await Promise.all(accounts.map(async (id) => (await personOf(id)).attributes.uid));
  expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(3);
  await wantAll();
  await refreshed(accounts[0] as string);
  expect(await Promise.all(accounts.map(async (id) => (await personOf(id)).attributes.uid))).toEqual(names);
});

test('goes on until nobody is left, and stops between batches when it is told to', async () => {
  await person({ id: ['1'] });
  await lab.correlate();
  const stopped = AbortSignal.abort(new Error('told to stop'));
  await expect(refreshPersons(lab, stopped)).rejects.toThrow('told to stop');
  const seen: number[] = [];
  const all = await refreshPersons(lab, new AbortController().signal, ({ done }) => seen.push(done));
  expect(all).toEqual({ done: 1, failed: 0 });
  expect(seen).toEqual([1]);
  expect((await lab.pool.query('select from refresh_wanted')).rowCount).toBe(0);
});

test('batches are smaller at each attempt, and go on as the part before ended', async () => {
  const limits: number[] = [];
  let fails = false;
  const choose = async (_client: unknown, limit: number) => {
    limits.push(limit);
    if (fails) throw Object.assign(new Error('refused'), { code: '22001' });
    return null;
  };
  await createBatches(lab.pool, { choose }).next();
  await createBatches(lab.pool, { choose }, { attempt: 3 }).next();
  await createBatches(lab.pool, { choose }, { size: 40 }).next();
  await createBatches(lab.pool, { choose }, { size: 40, attempt: 60 }).next();
  expect(limits).toEqual([10_000, 625, 40, 1]);
  fails = true;
  const batches = createBatches(lab.pool, { choose }, { size: 40 });
  await expect(batches.next()).rejects.toThrow('refused');
  expect(batches.size()).toBe(1);
});

test('those who are dissolved are settled a batch in a transaction', async () => {
  await lab.pool.query(`
    with gone as (
      insert into person (display_name, dissolved_at) select 'gone', now() from generate_series(1, 10001)
      returning id)
    insert into refresh_wanted (person_id) select id from gone`);
  const seen: number[] = [];
  await refreshPersons(lab, new AbortController().signal, ({ done }) => seen.push(done));
  expect(seen).toEqual([0, 0]);
  expect((await lab.pool.query('select from refresh_wanted')).rowCount).toBe(0);
});

test('a value too long for the index of its field is the failure of its attribute; the rest follows the accounts', async () => {
  await setMappings({
    email: of('HR', 'mail'),
    lastname: of('HR', 'name'),
    description: of('HR', 'mail'),
    title: of('HR', 'title'),
  });
  const account = await person({ id: ['1'], mail: ['1@example.org'], name: ['Lee'], title: ['Clerk'] });
  await refreshed(account);
  // 601 bytes are one too many, in however few characters.
  const long = `${'é'.repeat(300)}x`;
  await lab.pool.query('update directory_object set attributes = $2, removed_at = now() where id = $1', [
    account,
    { id: ['1'], mail: [long], name: [long], title: ['Chief'] },
  ]);
  await wantAll();
  const failing = await refreshed(account);
  expect(failing).toMatchObject({
    email: '1@example.org',
    surname: 'Lee',
    title: 'Chief',
    status: 'terminated',
    processing_state: 'ERROR',
  });
  expect(failing.attributes).toMatchObject({ email: '1@example.org', description: long });
  expect(failing.processing_errors).toEqual({
    email: 'the value is longer than 600 bytes, the most that email may have',
    lastname: 'the value is longer than 600 bytes, the most that lastname may have',
  });
});

test('data that cannot be stored are the failure of that person alone', async () => {
  await setMappings({ email: of('HR', 'mail'), title: of('HR', 'title') });
  const ids = Array.from({ length: 9 }, (_, n) => String(n + 1));
  const accounts: string[] = [];
  for (const id of ids)
    accounts.push(await person({ id: [id], mail: [`${id}@example.org`], title: ['Clerk'] }));
  await lab.correlate();
  await lab.pool.query(`alter table person add constraint refused check (email !~ '^[47]@')`);
  try {
    expect(await refreshPersons(lab, new AbortController().signal)).toEqual({ done: 9, failed: 2 });
  } finally {
    await lab.pool.query('alter table person drop constraint refused');
  }
  const rows = await Promise.all(accounts.map(personOf));
  expect(rows.map(({ processing_state }) => processing_state)).toEqual(
    ids.map((id) => (id === '4' || id === '7' ? 'ERROR' : 'OK')),
  );
  expect(rows[3]).toMatchObject({ identity_status: 'ERROR', title: null });
  expect(rows[3].processing_errors).toEqual({ refresh: expect.stringContaining('cannot be stored') });
  expect(rows[8]).toMatchObject({ title: 'Clerk', email: '9@example.org' });
  expect((await lab.pool.query('select from refresh_wanted')).rowCount).toBe(0);
});

test('a reason may quote what PostgreSQL cannot store', async () => {
  const table = { DE: 'EMEA' };
  const decoded = { type: 'base64Decode', attributes: { input: of('HR', 'code') } };
  await setMappings({
    region: { type: 'lookup', attributes: { input: of('HR', 'country'), table } },
    code: { type: 'lookup', attributes: { input: decoded, table } },
  });
  // Cut after sixty units, in the middle of the last pair.
  const country = `${'x'.repeat(59)}😀 and more`;
  const account = await person({ id: ['1'], country: [country], code: [btoa('a\0b')] });
  const { processing_state, processing_errors } = await refreshed(account);
  expect(processing_state).toBe('ERROR');
  expect(processing_errors.region).toContain('xxx\uFFFD');
  expect(processing_errors.code).toContain('a\uFFFDb');
});
