// The SailPoint-shaped surface: parameters, X-Total-Count, and the bodies of its errors, over HTTP.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { insertAccount } from '../support/factories.ts';
import { checkDocument } from '../support/sailpoint-documents.ts';
import { serveSamples } from '../support/sample-collection.ts';

const NAMES = Array.from({ length: 260 }, (_, index) => `Person ${String(index).padStart(3, '0')}`);

let database: TestDatabase;
let api: TestApi;
let samples: Awaited<ReturnType<typeof serveSamples>>;
let token: string;

beforeAll(async () => {
  database = await createTestDatabase();
  api = await startApi({ databaseUrl: database.url });
  samples = await serveSamples(api.database, NAMES, { perMinute: 0 });
  token = await api.login();
});

afterAll(async () => {
  await samples?.close();
  await api?.close();
  await database?.drop();
});

interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: each test says what it expects.
  body: any;
}

async function ask(
  path: string,
  {
    method = 'GET',
    headers = {},
    bearer = token,
  }: { method?: string; headers?: object; bearer?: string | null } = {},
): Promise<Answer> {
  const response = await fetch(`${samples.url}${path}`, {
    method,
    headers: { ...(bearer !== null && { authorization: `Bearer ${bearer}` }), ...headers },
  });
  const text = await response.text();
  expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
  const body = JSON.parse(text);
  if (response.status >= 400)
    checkDocument({ path: path.split('?')[0] ?? path, status: response.status, body });
  return { status: response.status, headers: response.headers, body };
}

const names = (answer: Answer) => answer.body.map(({ name }: { name: string }) => name);
const encoded = (parameters: Record<string, string>) => `/beta/samples?${new URLSearchParams(parameters)}`;

describe('a collection', () => {
  it('is an array of at most 250 without more being asked for', async () => {
    const answer = await ask('/beta/samples');
    expect(answer.status).toBe(200);
    expect(answer.body).toHaveLength(250);
    expect(answer.body[0].id).toMatch(/^[0-9a-f]{32}$/);
    expect(answer.headers.get('x-total-count')).toBeNull();
  });

  it('takes limit, offset, sorters, filters and count together', async () => {
    const answer = await ask(
      encoded({ limit: '3', offset: '1', sorters: '-name', filters: 'name sw "PERSON 1"', count: 'true' }),
    );
    expect(names(answer)).toEqual(['Person 198', 'Person 197', 'Person 196']);
    expect(answer.headers.get('x-total-count')).toBe('100');
    const page = await ask(encoded({ limit: '0', count: 'true' }));
    expect([page.body, page.headers.get('x-total-count')]).toEqual([[], '260']);
    const beyond = await ask(encoded({ offset: '1000', count: 'true' }));
    expect([beyond.body, beyond.headers.get('x-total-count')]).toEqual([[], '260']);
    expect((await ask(encoded({ count: 'false' }))).headers.get('x-total-count')).toBeNull();
    const id = (await ask(encoded({ limit: '1' }))).body[0].id;
    expect((await ask(encoded({ filters: `id in ("${id}","${id.toUpperCase()}")` }))).body).toHaveLength(1);
  });

  it.each([
    ['limit=251', 'limit: must be a whole number from 0 to 250'],
    ['limit=-1', 'limit: must be a whole number from 0 to 250'],
    ['limit=x', 'limit: must be'],
    ['limit=', 'limit: must be'],
    ['limit=1&limit=2', 'limit: '],
    ['offset=-1', 'offset: must be a whole number'],
    ['offset=1.5', 'offset: must be'],
    ['count=yes', 'count: '],
    ['defaultFilter=ALL', 'defaultFilter: '],
    ['pageSize=5', 'pageSize: there is no such query parameter'],
    ['filters=', 'filters: at character 1: the expression ends'],
    ['filters=name+eq', 'filters: at character 8: the expression ends; a value was expected'],
    [
      'filters=email+eq+%22x%22',
      "filters: at character 1: cannot filter by 'email'; fields are id (eq, in), name (eq, sw)",
    ],
    ['filters=name+co+%22x%22', 'filters: at character 6: name does not take co; it takes eq, sw'],
    ['filters=id+eq+%22x%22', 'filters: at character 7: id is compared with an id'],
    ['filters=name+eq+%22%00%22', 'filters: at character 10: must not contain the character U+0000'],
    ['sorters=email', "sorters: at character 1: cannot sort by 'email'; fields to sort by are name"],
  ])("answers 400 to ?%s in the documents' form", async (query, cause) => {
    const answer = await ask(`/beta/samples?${query}`, {
      headers: { 'x-request-id': 'E7EAB609-24f6-4aa2-8417-5b9fa3309599' },
    });
    expect(answer.status).toBe(400);
    expect(answer.body).toEqual({
      detailCode: '400.1 Bad Request Content',
      trackingId: 'e7eab60924f64aa284175b9fa3309599',
      messages: [
        {
          locale: 'en-US',
          localeOrigin: 'DEFAULT',
          text: expect.stringContaining(
            'The request was syntactically correct but its content is semantically invalid.',
          ),
        },
      ],
      causes: [{ locale: 'en-US', localeOrigin: 'DEFAULT', text: expect.stringContaining(cause) }],
    });
    expect(answer.body.messages[0].text).toContain(cause);
  });

  it('names every parameter that is wrong', async () => {
    const { body } = await ask('/beta/samples?limit=x&nope=1');
    expect(body.causes.map(({ text }: { text: string }) => text.split(':')[0])).toEqual(['limit', 'nope']);
  });
});

describe('its refusals', () => {
  it('401 as { error }, with a challenge', async () => {
    for (const bearer of [null, 'made-up']) {
      const answer = await ask('/beta/samples', { bearer });
      expect([answer.status, answer.body]).toEqual([401, { error: expect.stringMatching(/bearer token/) }]);
      expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer realm=/);
    }
  });

  it('403 without the scope, and without one of the authorities', async () => {
    const { pool } = api.database;
    await insertAccount(pool, { username: 'audra', password: 'auditing', role: 'auditor' });
    await insertAccount(pool, { username: 'rita', password: 'reviewing', role: 'reviewer' });
    const [auditor, reviewer] = [await api.login('audra', 'auditing'), await api.login('rita', 'reviewing')];
    expect((await ask('/beta/samples', { bearer: auditor })).status).toBe(200);
    expect((await ask('/v3/samples')).status).toBe(200);
    const cases = [
      ['/beta/samples', reviewer, 'idn:identity:read'],
      ['/v3/samples', reviewer, 'idn:identity:read'],
      ['/v3/samples', auditor, 'ORG_ADMIN or API'],
    ] as const;
    for (const [path, bearer, missing] of cases) {
      const answer = await ask(path, { bearer });
      expect(answer.status).toBe(403);
      expect(answer.body).toEqual({
        detailCode: '403 Forbidden',
        trackingId: answer.headers.get('x-request-id')?.replaceAll('-', ''),
        messages: [
          {
            locale: 'en-US',
            localeOrigin: 'DEFAULT',
            text: 'The server understood the request but refuses to authorize it.',
          },
        ],
        causes: [{ locale: 'en-US', localeOrigin: 'DEFAULT', text: expect.stringContaining(missing) }],
      });
    }
  });

  it('404, 405 with Allow, and 406', async () => {
    const nothing = await ask('/v3/nothing');
    expect([nothing.status, nothing.body.detailCode]).toEqual([404, '404 Not found']);
    const method = await ask('/beta/samples', { method: 'POST' });
    expect([method.status, method.body.detailCode]).toEqual([405, '405 Method Not Allowed']);
    expect(method.headers.get('allow')).toBe('GET, HEAD');
    const xml = await ask('/beta/samples', { headers: { accept: 'application/xml' } });
    expect([xml.status, xml.body.detailCode]).toEqual([406, '406 Not Acceptable']);
    for (const accept of [
      '*/*',
      'application/*',
      'application/json, text/plain, */*',
      'text/html, application/json;q=0.1',
    ])
      expect((await ask('/beta/samples', { headers: { accept } })).status).toBe(200);
  });

  it('429 as { message }, with Retry-After', async () => {
    const limited = await serveSamples(api.database, [], { perMinute: 1 });
    try {
      const headers = { authorization: `Bearer ${token}` };
      expect((await fetch(`${limited.url}/beta/samples`, { headers })).status).toBe(200);
      const refused = await fetch(`${limited.url}/beta/samples`, { headers });
      expect([refused.status, await refused.json()]).toEqual([429, { message: ' Rate Limit Exceeded ' }]);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    } finally {
      await limited.close();
    }
  });

  it('500 without a word on what it was, under an id of 32 hex digits', async () => {
    await api.database.pool.query('alter table sample rename column name to renamed');
    const answer = await ask('/beta/samples', { headers: { 'x-request-id': 'chosen-by-the-caller' } });
    expect(answer.status).toBe(500);
    expect(answer.body).toEqual({
      detailCode: '500.0 Internal Fault',
      trackingId: expect.stringMatching(/^[0-9a-f]{32}$/),
      messages: [{ locale: 'en-US', localeOrigin: 'DEFAULT', text: 'An internal fault occurred.' }],
    });
  });
});

describe("the API's own server", () => {
  it.each(['/beta/nothing', '/v3', '/identity-profiles/x', '/oauth/nothing'])(
    'answers 404 at %s in that form',
    async (path) => {
      const response = await fetch(`${api.baseUrl}${path}`);
      expect([response.status, ((await response.json()) as { detailCode: string }).detailCode]).toEqual([
        404,
        '404 Not found',
      ]);
    },
  );

  it.each(['/betamax', '/nothing', '/api/v3'])('and elsewhere in its own, as at %s', async (path) => {
    const response = await fetch(`${api.baseUrl}${path}`);
    expect(await response.json()).toMatchObject({ error: 'Not Found', statusCode: 404 });
  });
});
