// Users over HTTP: filters, order, pages and cursors.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { startApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { insertClaim, insertConnection, insertProject, insertUser } from '../support/factories.ts';
import { insertSampleRows, type SampleRows } from '../support/sample-rows.ts';

let database: TestDatabase;
let api: TestApi;
let first: string;
let second: string;
let ids: SampleRows['ids'];

beforeAll(async () => {
  database = await createTestDatabase();
  api = await startApi({ databaseUrl: database.url });
  ({ first, second, ids } = await insertSampleRows(api.database.pool));
});

afterAll(async () => {
  await api?.close();
  await database?.drop();
});

const namesOf = (answer: { body: { data: { displayName?: string; name?: string }[] } }) =>
  answer.body.data.map((row) => row.displayName ?? row.name);

describe('GET /api/users', () => {
  it('lists present users by name, with the exact total', async () => {
    const answer = await api.get('/api/users');
    expect(answer.status).toBe(200);
    expect(namesOf(answer)).toEqual(['Ann Émile', 'bob brown', 'Cleo 100%_x', 'Dan']);
    expect(answer.body).toMatchObject({ totalCount: 4, page: 1, pageSize: 50 });
    expect(answer.headers.get('link')).toBeNull();
    expect(answer.headers.get('x-request-id')).toMatch(/^[\w-]{36}$/);
  });

  it.each([
    ['department=it', ['Ann Émile', 'bob brown']],
    ['department=R%26D', ['Dan']],
    ['status=disabled', ['bob brown']],
    ['status=active', ['Ann Émile', 'Cleo 100%_x', 'Dan']],
    ['status=all', ['Ann Émile', 'bob brown', 'Cleo 100%_x', 'Dan']],
    ['includeRemoved=true', ['Ann Émile', 'bob brown', 'Cleo 100%_x', 'Dan', 'Gone']],
    ['includeRemoved=true&department=IT', ['Ann Émile', 'bob brown', 'Gone']],
    ['search=BROWN', ['bob brown']],
    ['search=%C3%A9mile', ['Ann Émile']],
    ['search=%C3%89MI', ['Ann Émile']],
    ['search=example.org', ['Ann Émile', 'bob brown', 'Dan']],
    // Begins with it (Ann, by name and mail) before contains it (Cleo, by account name).
    ['search=ann', ['Ann Émile', 'Cleo 100%_x']],
    ['search=ann&sort=-displayName', ['Cleo 100%_x', 'Ann Émile']],
    // Two letters: beginnings only.
    ['search=an', ['Ann Émile']],
    ['search=b', ['bob brown']],
    ['search=100%25', ['Cleo 100%_x']],
    ['search=100_', []],
    ['search=%25_x', ['Cleo 100%_x']],
    ['search=', ['Ann Émile', 'bob brown', 'Cleo 100%_x', 'Dan']],
    ['search=brown&department=it&status=disabled', ['bob brown']],
    ['sort=-displayName', ['Dan', 'Cleo 100%_x', 'bob brown', 'Ann Émile']],
    // Nulls are last both ways.
    ['sort=email', ['Ann Émile', 'bob brown', 'Dan', 'Cleo 100%_x']],
    ['sort=-email', ['Dan', 'bob brown', 'Ann Émile', 'Cleo 100%_x']],
    ['page=2&pageSize=3', ['Dan']],
    ['page=3&pageSize=3', []],
  ])('%s', async (query, expected) => {
    const answer = await api.get(`/api/users?${query}`);
    expect(answer.status).toBe(200);
    expect(namesOf(answer)).toEqual(expected);
    if (!query.includes('page=')) expect(answer.body.totalCount).toBe(expected.length);
    else expect(answer.body.totalCount).toBe(4);
  });

  it('finds short names of scripts that need few characters anywhere in a name', async () => {
    const { pool } = api.database;
    const connectionId = await insertConnection(pool);
    for (const name of ['山田太郎', '太郎丸', '花子'])
      await insertUser(pool, connectionId, { display_name: name });
    for (const kind of ['users', 'objects']) {
      const path = `/api/${kind}?connectionId=${connectionId}&search=`;
      const { body } = await api.get(path + encodeURIComponent('太郎'));
      // Names that begin with it come first.
      const names = body.data.map(
        (row: { displayName?: string; name?: string }) => row.displayName ?? row.name,
      );
      expect([kind, names]).toEqual([kind, ['太郎丸', '山田太郎']]);
      expect((await api.get(path + encodeURIComponent('子'))).body.totalCount).toBe(1);
    }
    await pool.query('delete from directory_object where connection_id = $1', [connectionId]);
    await pool.query('delete from object_count where connection_id = $1', [connectionId]);
  });

  it('filters by connection', async () => {
    const answer = await api.get(`/api/users?connectionId=${second}`);
    expect(namesOf(answer)).toEqual(['Dan']);
    expect(answer.body.totalCount).toBe(1);
    expect(
      (await api.get('/api/users?connectionId=01a00000-0000-7000-8000-000000000000')).body.totalCount,
    ).toBe(0);
  });

  it('shows manager, times and activity', async () => {
    const { body } = await api.get(`/api/users/${ids.bob}`);
    expect(body.data).toMatchObject({
      id: ids.bob,
      connectionId: first,
      managerId: ids.ann,
      status: 'disabled',
      isActive: false,
      lastLogonAt: '2026-01-02T03:04:05.678Z',
      removedAt: null,
    });
  });

  it('takes when an unchanged object was last seen from the projects that claim it', async () => {
    const { pool } = api.database;
    const seen = new Date(Date.now() + 60_000);
    const project = await insertProject(pool, first, { seen_through_at: seen });
    await insertClaim(pool, { connectionId: first, objectId: ids.ann, projectId: project });
    expect((await api.get(`/api/users/${ids.ann}`)).body.data.lastSeenAt).toBe(seen.toISOString());
  });

  it('answers 404 for a group, a stranger and 400 for what is no id', async () => {
    expect((await api.get(`/api/users/${ids.staff}`)).status).toBe(404);
    const missing = await api.get('/api/users/01a00000-0000-7000-8000-000000000000');
    expect(missing.body).toEqual({
      error: 'Not Found',
      message: "User with ID '01a00000-0000-7000-8000-000000000000' was not found",
      statusCode: 404,
    });
    const wrong = await api.get('/api/users/42');
    expect(wrong.body.details).toEqual([{ path: 'path.id', message: 'must be a UUID' }]);
  });
});

describe('cursors', () => {
  it('walk every row once, in the order of the pages, for any order and page size', async () => {
    const { pool } = api.database;
    const connection = await insertConnection(pool);
    const names = ['x', 'X', 'y', 'ÿ', 'Straße', 'z'];
    for (let index = 0; index < 40; index += 1)
      await insertUser(pool, connection, {
        display_name: names[index % names.length],
        department: index % 3 === 0 ? null : `d${index % 4}`,
        email: index % 5 === 0 ? null : `m${index % 7}@x`,
        last_logon_at: index % 2 === 0 ? null : new Date(1_700_000_000_000 + (index % 6) * 1_000),
      });
    const sorts = ['displayName', 'department', 'email', 'lastLogonAt', 'updatedAt', 'status'];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...sorts, ...sorts.map((sort) => `-${sort}`), undefined),
        fc.integer({ min: 1, max: 17 }),
        fc.constantFrom('', 'x', '@x', 'm3'),
        async (sort, pageSize, search) => {
          const query = `connectionId=${connection}&search=${encodeURIComponent(search)}${sort ? `&sort=${sort}` : ''}`;
          const all = (await api.get(`/api/users?${query}&pageSize=200`)).body;
          const walked: string[] = [];
          let page = 0;
          let next: string | undefined = `/api/users?${query}&pageSize=${pageSize}`;
          while (next) {
            const answer = await api.get(next);
            page += 1;
            expect(answer.body).toMatchObject({ page, totalCount: all.totalCount, pageSize });
            walked.push(...answer.body.data.map((row: { id: string }) => row.id));
            next = /^<([^>]+)>; rel="next"$/.exec(answer.headers.get('link') ?? '')?.[1];
          }
          expect(walked).toEqual(all.data.map((row: { id: string }) => row.id));
          expect(walked).toHaveLength(all.totalCount);
          const third = await api.get(`/api/users?${query}&pageSize=${pageSize}&page=3`);
          expect(third.body.data.map((row: { id: string }) => row.id)).toEqual(
            walked.slice(2 * pageSize, 3 * pageSize),
          );
        },
      ),
      { numRuns: 30 },
    );
  });

  it('keep the filters in their link, whatever characters these hold', async () => {
    const { pool } = api.database;
    const connection = await insertConnection(pool);
    for (const name of ['who? me', 'who? you', 'who? them', 'who is it'])
      await insertUser(pool, connection, { display_name: name });
    // A question mark may stand in a query as it is (RFC 3986, section 3.4).
    const first = await api.get(`/api/users?connectionId=${connection}&search=who?&pageSize=2`);
    expect(first.body.totalCount).toBe(3);
    const next = /^<([^>]+)>/.exec(first.headers.get('link') ?? '')?.[1] ?? '';
    const second = await api.get(next);
    expect([second.status, second.body.data?.length, second.body.totalCount]).toEqual([200, 1, 3]);
  });

  it.each([
    [1_900, 'ü'],
    [4_000, 'y'],
    [12_000, 'z'],
  ])('lead past names of %i characters', async (length, letter) => {
    const { pool } = api.database;
    const connection = await insertConnection(pool);
    for (let index = 0; index < 3; index += 1)
      await insertUser(pool, connection, { display_name: `${letter.repeat(length)}${index}` });
    const walked: string[] = [];
    let next: string | undefined = `/api/users?connectionId=${connection}&pageSize=1`;
    while (next) {
      const answer = await api.get(next);
      expect(answer.status).toBe(200);
      walked.push(...answer.body.data.map((row: { displayName: string }) => row.displayName.at(-1)));
      next = /^<([^>]+)>; rel="next"$/.exec(answer.headers.get('link') ?? '')?.[1];
    }
    expect(walked).toEqual(['0', '1', '2']);
  });

  it('are refused with other filters, another order, another list, a page, or when they were made up', async () => {
    const link = (await api.get('/api/users?pageSize=1')).headers.get('link') ?? '';
    const cursor = new URL(/<([^>]+)>/.exec(link)?.[1] ?? '', 'http://x').searchParams.get('cursor');
    expect((await api.get(`/api/users?cursor=${cursor}`)).status).toBe(200);
    for (const query of ['status=active&', 'sort=email&', 'sort=-displayName&', 'page=2&'])
      expect([query, (await api.get(`/api/users?${query}cursor=${cursor}`)).status]).toEqual([query, 400]);
    expect((await api.get(`/api/groups?cursor=${cursor}`)).status).toBe(400);
    expect((await api.get('/api/users?cursor=abc.def')).body.details[0].path).toBe('query.cursor');
  });
});
