// GET /beta/identities over HTTP: its body, every parameter, every field with every operator, and its refusals.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { insertPerson } from '../support/person-rows.ts';
import { type Ask, asker, causeOf, clientToken } from '../support/sailpoint.ts';

const PATH = '/beta/identities';
const OPERATORS = ['eq', 'ne', 'gt', 'ge', 'lt', 'le', 'co', 'sw', 'in', 'ca', 'isnull', 'pr'];

let database: TestDatabase;
let api: TestApi;
let ask: Ask;
let token: string;
let ids: Record<'robert' | 'walter' | 'anna' | 'arno' | 'zoe', string>;

const hex = (id: string) => id.replaceAll('-', '');

beforeAll(async () => {
  database = await createTestDatabase();
  api = await startApi({ databaseUrl: database.url });
  token = await clientToken(api, { scopes: ['idn:identity:read'] });
  ask = asker(api, token);
  const { pool } = api.database;
  const insertNamed = (given: string, surname: string, columns: object) =>
    insertPerson(pool, {
      display_name: `${given} ${surname}`,
      given_name: given,
      surname,
      alias: `${given}.${surname}`.toLowerCase(),
      email: `${given}.${surname}@example.com`,
      ...columns,
    });
  const robert = await insertNamed('Robert', 'Robinson', { is_manager: true, identity_status: 'ACTIVE' });
  const walter = await insertNamed('Walter', 'White', {
    created_at: '2023-01-03T21:16:22.432Z',
    updated_at: '2023-01-04T21:16:22.432999Z',
    processing_state: 'ERROR',
    processing_errors: { uid: 'is too long' },
    identity_status: 'LOCKED',
    manager_id: robert,
    last_refresh_at: '2020-11-22T15:42:31.123Z',
    attributes: { uid: '86754', lastSyncDate: 1470348809380, nothing: null },
    lifecycle_manual: true,
    protected: true,
  });
  const anna = await insertNamed('Änna', 'Zimt', { processing_state: 'OK', email: null });
  const arno = await insertNamed('Arno', 'Achtel', { correlated: false, alias: null, status: 'inactive' });
  const zoe = await insertNamed('Zoe', 'Robinson', {
    identity_status: 'TERMINATED',
    lifecycle_state: 'terminated',
  });
  await insertNamed('Gone', 'Nobody', { dissolved_at: new Date(), merged_into: robert });
  ids = { robert, walter, anna, arno, zoe };
});

afterAll(async () => {
  await api?.close();
  await database?.drop();
});

const everybody = (query: object = {}) => ask(PATH, { defaultFilter: 'NONE', ...query });
const names = (answer: { body: { name: string }[] }) => answer.body.map(({ name }) => name);

describe('an identity', () => {
  it("has the document's fields", async () => {
    const { body } = await ask(PATH, { filters: 'alias eq "WALTER.white"' });
    expect(body).toEqual([
      {
        id: hex(ids.walter),
        name: 'Walter White',
        created: '2023-01-03T21:16:22.432Z',
        modified: '2023-01-04T21:16:22.432Z',
        alias: 'walter.white',
        emailAddress: 'Walter.White@example.com',
        processingState: 'ERROR',
        identityStatus: 'LOCKED',
        managerRef: { type: 'IDENTITY', id: hex(ids.robert), name: 'Robert Robinson' },
        isManager: false,
        lastRefresh: '2020-11-22T15:42:31.123Z',
        attributes: { uid: '86754', lastSyncDate: 1470348809380, nothing: null },
        lifecycleState: { stateName: 'active', manuallyUpdated: true },
      },
    ]);
  });

  it('has null, or nothing, where there is nothing', async () => {
    const [arno] = (await everybody({ filters: `id eq "${ids.arno}"` })).body;
    expect(arno).not.toHaveProperty('alias');
    expect(arno).not.toHaveProperty('lastRefresh');
    expect(arno).toMatchObject({ processingState: null, managerRef: null, isManager: false, attributes: {} });
    const [anna] = (await ask(PATH, { filters: `id eq "${ids.anna}"` })).body;
    expect(anna.emailAddress).toBeNull();
  });

  it('has no manager who is nobody any more', async () => {
    const { pool } = api.database;
    const manager = await insertPerson(pool, { display_name: 'Former Boss', dissolved_at: new Date() });
    const id = await insertPerson(pool, { manager_id: manager });
    const [identity] = (await ask(PATH, { filters: `id eq "${id}"` })).body;
    expect(identity.managerRef).toBeNull();
    await pool.query('delete from person where id = any ($1)', [[manager, id]]);
  });
});

describe('the list', () => {
  it('has correlated identities alone unless all are asked for, and nobody who is none any more', async () => {
    const correlated = ['Robert Robinson', 'Walter White', 'Zoe Robinson', 'Änna Zimt'];
    expect(names(await ask(PATH, { sorters: 'name' }))).toEqual(correlated);
    expect(names(await ask(PATH, { sorters: 'name', defaultFilter: 'CORRELATED_ONLY' }))).toEqual(correlated);
    expect(names(await everybody({ sorters: 'name' }))).toEqual(['Arno Achtel', ...correlated]);
    expect(names(await ask(PATH, { filters: 'correlated eq false' }))).toEqual([]);
    expect((await everybody({ count: true })).headers.get('x-total-count')).toBe('5');
    expect((await ask(PATH, { count: true, limit: 1 })).headers.get('x-total-count')).toBe('4');
    expect((await ask(PATH, { count: false })).headers.get('x-total-count')).toBeNull();
  });

  it('pages by limit and offset, in the order of ids where no other is asked for', async () => {
    const sorted = Object.values(ids).map(hex).toSorted();
    const pages = [];
    for (let offset = 0; offset < 6; offset += 2)
      pages.push(...(await everybody({ limit: 2, offset })).body.map(({ id }: { id: string }) => id));
    expect(pages).toEqual(sorted);
  });

  it.each([
    ['name', ['Arno', 'Robert', 'Walter', 'Zoe', 'Änna']],
    ['-name', ['Änna', 'Zoe', 'Walter', 'Robert', 'Arno']],
    // Nobody without an alias comes before those who have one.
    ['alias', ['Robert', 'Walter', 'Zoe', 'Änna', 'Arno']],
    ['-alias', ['Änna', 'Zoe', 'Walter', 'Robert', 'Arno']],
    ['cloudStatus,name', ['Robert', 'Walter', 'Zoe', 'Arno', 'Änna']],
    ['-cloudStatus,-name', ['Änna', 'Arno', 'Zoe', 'Walter', 'Robert']],
  ])('sorts by %s', async (sorters, expected) => {
    expect(names(await everybody({ sorters })).map((name) => name.split(' ')[0])).toEqual(expected);
  });

  it.each(['id', 'email', 'created', 'firstname', 'owner.id', 'name,name'])(
    'does not sort by %s',
    async (sorters) => {
      expect(causeOf(await ask(PATH, { sorters }))).toMatch(/^sorters: at character \d+: /);
    },
  );
});

/** What each listed operator finds; {id} stands for that person's id. */
const FINDS: Record<string, Record<string, [string, string[]][]>> = {
  id: {
    eq: [
      ['"{walter}"', ['Walter']],
      ['"00000000-0000-0000-0000-000000000000"', []],
    ],
    in: [['("{walter}","{zoe}","00000000000000000000000000000000")', ['Walter', 'Zoe']]],
  },
  name: {
    eq: [
      ['"WALTER WHITE"', ['Walter']],
      ['"Walter"', []],
    ],
    sw: [
      ['"Är"', []],
      ['"ä"', ['Änna']],
      ['"a"', ['Arno']],
      ['""', ['Arno', 'Robert', 'Walter', 'Zoe', 'Änna']],
    ],
  },
  alias: { eq: [['"zoe.robinson"', ['Zoe']]], sw: [['"W"', ['Walter']]] },
  firstname: { eq: [['"arno"', ['Arno']]], sw: [['"ZO"', ['Zoe']]] },
  lastname: { eq: [['"robinson"', ['Robert', 'Zoe']]], sw: [['"z"', ['Änna']]] },
  email: { eq: [['"walter.white@EXAMPLE.com"', ['Walter']]], sw: [['"ro"', ['Robert']]] },
  cloudStatus: {
    eq: [
      ['"LOCKED"', ['Walter']],
      ['"unregistered"', ['Arno', 'Änna']],
      ['TERMINATED', ['Zoe']],
    ],
  },
  processingState: {
    eq: [
      ['"ERROR"', ['Walter']],
      ['"OK"', ['Änna']],
    ],
  },
  correlated: {
    eq: [
      ['true', ['Robert', 'Walter', 'Zoe', 'Änna']],
      ['false', ['Arno']],
    ],
  },
  protected: {
    eq: [
      ['true', ['Walter']],
      ['false', ['Arno', 'Robert', 'Zoe', 'Änna']],
    ],
  },
};
const listed = Object.entries(FINDS).flatMap(([field, operators]) =>
  Object.entries(operators).flatMap(([operator, cases]) =>
    cases.map(([value, found]) => [`${field} ${operator} ${value}`, found] as const),
  ),
);
const unlisted = Object.entries(FINDS).flatMap(([field, operators]) =>
  OPERATORS.filter((operator) => !(operator in operators)).map((operator) => [field, operator] as const),
);

describe('filters', () => {
  const filled = (text: string) =>
    text.replace(/\{(\w+)\}/g, (_, who: keyof typeof ids) => (who === 'zoe' ? hex(ids[who]) : ids[who]));

  it.each(listed)('%s finds %j', async (filters, found) => {
    const answer = await everybody({ filters: filled(filters), sorters: 'name', count: true });
    expect(names(answer).map((name) => name.split(' ')[0])).toEqual(found);
    expect(answer.headers.get('x-total-count')).toBe(String(found.length));
  });

  it.each(unlisted)('%s does not take %s', async (field, operator) => {
    const unary = operator === 'pr' ? `pr ${field}` : `${field} isnull`;
    const value = operator === 'in' || operator === 'ca' ? '("x")' : '"x"';
    const text = ['pr', 'isnull'].includes(operator) ? unary : `${field} ${operator} ${value}`;
    expect(causeOf(await ask(PATH, { filters: text }))).toContain(`${field} does not take ${operator};`);
  });

  it.each([
    ['identityStatus eq "ACTIVE"', "cannot filter by 'identityStatus'"],
    ['Name eq "x"', "cannot filter by 'Name'"],
    ['attributes.uid eq "1"', "cannot filter by 'attributes.uid'"],
    ['id eq "walter"', 'id is compared with an id'],
    ['cloudStatus eq "AWAY"', 'cloudStatus is compared with one of UNREGISTERED, '],
    ['correlated eq "true"', 'correlated is compared with true or false'],
    ['name EQ "x"', 'at character 6'],
    ['name eq "x', 'at character 9'],
    ['(name eq "x"', 'at character 13'],
  ])('refuses %s', async (filters, cause) => {
    expect(causeOf(await ask(PATH, { filters }))).toContain(cause);
  });

  it('combine with and, or, not, and without spaces', async () => {
    const find = async (filters: string) => names(await everybody({ filters, sorters: 'name' }));
    expect(await find('(lastname eq "Robinson")and(not cloudStatus eq "ACTIVE")')).toEqual(['Zoe Robinson']);
    expect(await find('name sw "z" or name sw "w" and protected eq true')).toEqual([
      'Walter White',
      'Zoe Robinson',
    ]);
    expect(await find('not email sw "w" and not email eq "x"')).toHaveLength(4);
  });
});

describe('parameters', () => {
  it.each([
    ['limit', '251'],
    ['limit', '-1'],
    ['offset', '-1'],
    ['offset', 'x'],
    ['count', 'maybe'],
    ['defaultFilter', 'ALL'],
    ['filters', ''],
    ['sorters', ''],
    ['page', '1'],
  ])('%s=%s is refused', async (name, value) => {
    expect(causeOf(await ask(PATH, { [name]: value }))).toMatch(new RegExp(`^${name}: `));
  });

  it('limit is from 0 to 250', async () => {
    expect((await ask(PATH, { limit: 250 })).body).toHaveLength(4);
    expect((await ask(PATH, { limit: 0, count: true })).body).toEqual([]);
  });
});

describe('refusals', () => {
  it('401 without a token, and with a wrong one', async () => {
    for (const wrong of [null, 'wrong']) expect((await ask(PATH, {}, wrong)).status).toBe(401);
  });

  it('403 without the scope; either scope will do, and no authority is needed', async () => {
    const other = await clientToken(api, { scopes: ['users:read'] });
    const refused = await ask(PATH, {}, other);
    expect([refused.status, refused.body.detailCode]).toEqual([403, '403 Forbidden']);
    const manage = await clientToken(api, { scopes: ['idn:identity:manage'] });
    expect((await ask(PATH, {}, manage)).status).toBe(200);
  });

  it('429 with Retry-After', async () => {
    const settings = { IDENTITY_CENTER_RATE_LIMIT_PER_MINUTE: '1' };
    const limited = await startApi({ databaseUrl: database.url, settings });
    try {
      const askLimited = asker(limited, token);
      expect((await askLimited(PATH)).status).toBe(200);
      const refused = await askLimited(PATH);
      expect(refused.status).toBe(429);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    } finally {
      await limited.close();
    }
  });

  it('405 for what only the vendor has', async () => {
    expect((await api.post(PATH, {}, { token })).status).toBe(405);
  });
});
