// GET /v3/identity-profiles and /identity-profiles over HTTP: body, parameters, every field and operator, and who may.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { insertAccount, insertConnection } from '../support/factories.ts';
import { insertIdentityProfile, insertPerson } from '../support/person-rows.ts';
import { type Ask, asker, causeOf, clientToken } from '../support/sailpoint.ts';

const PATHS = ['/v3/identity-profiles', '/identity-profiles'];
const [PATH = ''] = PATHS;
const OPERATORS = ['eq', 'ne', 'gt', 'ge', 'lt', 'le', 'co', 'sw', 'in', 'ca', 'isnull', 'pr'];
const REPORT = '2c918086-795c-4920-9795-d5f7d7533df1';
const NOBODY = '00000000-0000-7000-8000-000000000000';

let database: TestDatabase;
let api: TestApi;
let ask: Ask;
let token: string;
let connectionId: string;
let ownerId: string;
/** Of the profiles Alpha, Beta, Gamma and Delta: as ids are made, in this order. */
let ids: string[];

const hex = (id: string) => id.replaceAll('-', '');

beforeAll(async () => {
  database = await createTestDatabase();
  api = await startApi({ databaseUrl: database.url });
  token = await clientToken(api);
  ask = asker(api, token);
  const { pool } = api.database;
  connectionId = await insertConnection(pool, { name: 'HR' });
  ownerId = await insertPerson(pool, { display_name: 'William Wilson' });
  const anna = await insertPerson(pool, { display_name: 'anna Abel' });
  const gone = { dissolved_at: new Date() };
  const former = await insertPerson(pool, { display_name: 'Former', ...gone });
  const merged = await insertPerson(pool, { display_name: 'Abel, A.', merged_into: anna, ...gone });
  const transforms = [
    {
      identityAttributeName: 'email',
      transformDefinition: { type: 'accountAttribute', attributes: { z: 1, attributeName: 'mail', a: [2] } },
    },
    { identityAttributeName: 'uid', transformDefinition: { name: 'uid of it', type: 'uuid' } },
  ];
  const insert = (name: string, columns: object) =>
    insertIdentityProfile(pool, connectionId, { name, ...columns });
  ids = [
    await insert('Alpha', {
      priority: 30,
      owner_id: ownerId,
      description: 'Of a file',
      created_at: '2023-01-03T21:16:22.432Z',
      updated_at: '2023-06-03T21:16:22.432Z',
      identity_attribute_config: { enabled: true, attributeTransforms: transforms },
      exception_report: { taskResultId: REPORT, reportName: 'Refresh of Alpha' },
      has_time_based_attr: true,
    }),
    await insert('Beta', { priority: 10, owner_id: former, identity_refresh_required: false }),
    await insert('gamma', { priority: 20, owner_id: merged, created_at: '2022-01-01T00:00:00Z' }),
    await insert('Delta', { priority: 10, updated_at: '2022-01-01T00:00:00Z', enabled: false }),
  ];
  for (let count = 0; count < 3; count += 1) await insertPerson(pool, { identity_profile_id: ids[0] });
  await insertPerson(pool, { identity_profile_id: ids[0], dissolved_at: new Date() });
});

afterAll(async () => {
  await api?.close();
  await database?.drop();
});

const names = (answer: { body: { name: string }[] }) => answer.body.map(({ name }) => name);

describe.each(PATHS)('%s', (path) => {
  it("has the document's fields", async () => {
    const { body } = await ask(path, { filters: 'name eq "alpha"' });
    expect(body).toEqual([
      {
        id: hex(ids[0] as string),
        name: 'Alpha',
        created: '2023-01-03T21:16:22.432Z',
        modified: '2023-06-03T21:16:22.432Z',
        description: 'Of a file',
        owner: { type: 'IDENTITY', id: hex(ownerId), name: 'William Wilson' },
        priority: 30,
        authoritativeSource: { type: 'SOURCE', id: hex(connectionId), name: 'HR' },
        identityRefreshRequired: true,
        identityCount: 3,
        identityAttributeConfig: {
          enabled: true,
          attributeTransforms: [
            {
              identityAttributeName: 'email',
              transformDefinition: {
                type: 'accountAttribute',
                attributes: { z: 1, attributeName: 'mail', a: [2] },
              },
            },
            { identityAttributeName: 'uid', transformDefinition: { type: 'uuid', attributes: null } },
          ],
        },
        identityExceptionReportReference: { taskResultId: hex(REPORT), reportName: 'Refresh of Alpha' },
        hasTimeBasedAttr: true,
      },
    ]);
    const definition = body[0].identityAttributeConfig.attributeTransforms[0].transformDefinition;
    expect(Object.keys(definition.attributes)).toEqual(['z', 'attributeName', 'a']);
  });

  it('has null where there is nothing, and for an owner whoever took that person over', async () => {
    const { body } = await ask(path, { filters: 'name in ("Beta", "Delta", "Gamma")', sorters: 'name' });
    expect(body).toMatchObject([
      { name: 'Beta', owner: null, description: null, identityCount: 0, identityRefreshRequired: false },
      { name: 'Delta', owner: null, identityExceptionReportReference: null, hasTimeBasedAttr: false },
      { name: 'gamma', owner: { name: 'anna Abel' } },
    ]);
  });

  it('takes limit, offset, count, sorters and filters', async () => {
    const answer = await ask(path, {
      limit: 1,
      offset: 1,
      count: true,
      sorters: '-name',
      filters: 'priority ne 30',
    });
    expect(names(answer)).toEqual(['Delta']);
    expect(answer.headers.get('x-total-count')).toBe('3');
    expect((await ask(path)).headers.get('x-total-count')).toBeNull();
    for (const name of ['limit', 'offset', 'count', 'defaultFilter'])
      expect(causeOf(await ask(path, { [name]: -1 }))).toContain(`${name}: `);
  });

  it('needs the scope, and the authority ORG_ADMIN or API', async () => {
    for (const authority of ['API', 'ORG_ADMIN'])
      expect((await ask(path, {}, await clientToken(api, { authorities: [authority] }))).status).toBe(200);
    await insertAccount(api.database.pool, {
      username: `a${path.length}`,
      password: 'auditing it',
      role: 'auditor',
    });
    const refused = [
      await clientToken(api, { authorities: [] }),
      await clientToken(api, { authorities: ['API'], scopes: ['users:read'] }),
      await api.login(`a${path.length}`, 'auditing it'),
    ];
    for (const bearer of refused) {
      const answer = await ask(path, {}, bearer);
      expect([answer.status, answer.body.detailCode]).toEqual([403, '403 Forbidden']);
      expect(answer.body.messages[0].text).toBe(
        'The server understood the request but refuses to authorize it.',
      );
    }
    expect((await ask(path, {}, await api.login())).status).toBe(200);
    for (const wrong of [null, 'wrong']) expect((await ask(path, {}, wrong)).status).toBe(401);
  });

  it('tells what is left of the limit; then 429 with Retry-After', async () => {
    const settings = {
      IDENTITY_CENTER_RATE_LIMIT_PER_MINUTE: '1',
      IDENTITY_CENTER_RATE_LIMIT_PER_HOUR: '9',
    };
    const limited = await startApi({ databaseUrl: database.url, settings });
    try {
      const askLimited = asker(limited, await clientToken(api));
      const served = await askLimited(path);
      expect([
        served.status,
        served.headers.get('ratelimit-policy'),
        served.headers.get('ratelimit'),
      ]).toEqual([
        200,
        '"minute";q=1;w=60, "hour";q=9;w=3600',
        expect.stringMatching(/^"minute";r=0;t=\d+, "hour";r=\d;t=\d+$/),
      ]);
      const refused = await askLimited(path);
      expect([refused.status, refused.headers.get('ratelimit')]).toEqual([
        429,
        expect.stringMatching(/^"minute";r=0;t=\d+$/),
      ]);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    } finally {
      await limited.close();
    }
  });
});

describe('sorters', () => {
  it.each([
    ['id', ['Alpha', 'Beta', 'gamma', 'Delta']],
    ['-id', ['Delta', 'gamma', 'Beta', 'Alpha']],
    ['name', ['Alpha', 'Beta', 'Delta', 'gamma']],
    ['-name', ['gamma', 'Delta', 'Beta', 'Alpha']],
    ['priority', ['Beta', 'Delta', 'gamma', 'Alpha']],
    ['-priority,-name', ['Alpha', 'gamma', 'Delta', 'Beta']],
    ['created', ['gamma', 'Alpha', 'Beta', 'Delta']],
    ['-modified', ['gamma', 'Beta', 'Alpha', 'Delta']],
    // Those without an owner are last either way.
    ['owner.id', ['Alpha', 'gamma', 'Beta', 'Delta']],
    ['-owner.id', ['gamma', 'Alpha', 'Beta', 'Delta']],
    ['owner.name', ['gamma', 'Alpha', 'Beta', 'Delta']],
    ['-owner.name,-id', ['Alpha', 'gamma', 'Delta', 'Beta']],
  ])('%s', async (sorters, expected) => {
    expect(names(await ask(PATH, { sorters }))).toEqual(expected);
  });

  it.each(['owner', 'description', 'identityCount', 'authoritativeSource.name', 'priority,priority'])(
    'refuses %s',
    async (sorters) => expect(causeOf(await ask(PATH, { sorters }))).toMatch(/^sorters: at character \d+: /),
  );
});

/** What each listed operator finds; {0} stands for the id of Alpha, and so on. */
const FINDS: Record<string, Record<string, [string, string[]][]>> = {
  id: {
    eq: [
      ['"{0}"', ['Alpha']],
      [`"${NOBODY}"`, []],
    ],
    ne: [['"{0}"', ['Beta', 'Delta', 'gamma']]],
    gt: [['"{1}"', ['Delta', 'gamma']]],
    ge: [['"{1}"', ['Beta', 'Delta', 'gamma']]],
    lt: [['"{1}"', ['Alpha']]],
    le: [['"{1}"', ['Alpha', 'Beta']]],
    in: [[`("{0}","{3}","${NOBODY}")`, ['Alpha', 'Delta']]],
    isnull: [['', []]],
    sw: [
      ['"{2}"', ['gamma']],
      ['"0"', ['Alpha', 'Beta', 'Delta', 'gamma']],
      ['"f"', []],
    ],
  },
  name: {
    eq: [['"GAMMA"', ['gamma']]],
    ne: [['"gamma"', ['Alpha', 'Beta', 'Delta']]],
    lt: [['"beta"', ['Alpha']]],
    le: [['"beta"', ['Alpha', 'Beta']]],
    in: [['("ALPHA","delta","x")', ['Alpha', 'Delta']]],
    isnull: [['', []]],
    sw: [['"G"', ['gamma']]],
  },
  priority: { eq: [['10', ['Beta', 'Delta']]], ne: [['10', ['Alpha', 'gamma']]] },
};
const listed = Object.entries(FINDS).flatMap(([field, operators]) =>
  Object.entries(operators).flatMap(([operator, cases]) =>
    cases.map(([value, found]) => [`${field} ${operator} ${value}`.trim(), found] as const),
  ),
);
const unlisted = Object.entries(FINDS).flatMap(([field, operators]) =>
  OPERATORS.filter((operator) => !(operator in operators)).map((operator) => [field, operator] as const),
);

describe('filters', () => {
  it.each(listed)('%s finds %j', async (filters, found) => {
    const filled = filters.replace(/\{(\d)\}/g, (_, index) => {
      const id = ids[Number(index)] as string;
      return index === '0' ? id : hex(id);
    });
    const answer = await ask(PATH, { filters: filled, sorters: 'name', count: true });
    expect(names(answer)).toEqual(found);
    expect(answer.headers.get('x-total-count')).toBe(String(found.length));
  });

  it.each(unlisted)('%s does not take %s', async (field, operator) => {
    const value = operator === 'in' || operator === 'ca' ? '("x")' : '"x"';
    const comparison = operator === 'isnull' ? `${field} isnull` : `${field} ${operator} ${value}`;
    const filters = operator === 'pr' ? `pr ${field}` : comparison;
    expect(causeOf(await ask(PATH, { filters }))).toContain(`${field} does not take ${operator};`);
  });

  it.each([
    ['owner.name eq "x"', "cannot filter by 'owner.name'"],
    ['priority eq "10"', 'priority is compared with a number'],
    ['id sw "xyz"', 'id is compared with the beginning of an id'],
    ['name eq', 'the expression ends'],
  ])('refuses %s', async (filters, cause) => {
    expect(causeOf(await ask(PATH, { filters }))).toContain(cause);
  });
});
