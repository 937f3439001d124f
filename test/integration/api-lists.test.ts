// Users, groups and objects over HTTP: filters, order, pages, cursors, CSV, and their parts.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { startApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import {
  insertChange,
  insertConnection,
  insertGroup,
  insertMembership,
  insertObject,
  insertProject,
  insertReference,
  insertUser,
} from '../support/factories.ts';

let database: TestDatabase;
let api: TestApi;
let first: string;
let second: string;
const ids: Record<string, string> = {};

beforeAll(async () => {
  database = await createTestDatabase();
  api = await startApi({ databaseUrl: database.url });
  const { pool } = api.database;
  first = await insertConnection(pool, { name: 'first' });
  second = await insertConnection(pool, { name: 'second' });
  const user = async (key: string, connection: string, columns: object) => {
    ids[key] = await insertUser(pool, connection, { ...columns });
  };
  await user('ann', first, {
    display_name: 'Ann Émile',
    email: 'ann@example.org',
    account_name: 'aemile',
    department: 'IT',
    distinguished_name: 'cn=Ann,dc=x',
  });
  await user('bob', first, {
    display_name: 'bob brown',
    email: 'bob@example.org',
    account_name: 'bbrown',
    department: 'it',
    status: 'disabled',
    last_logon_at: new Date('2026-01-02T03:04:05.678Z'),
  });
  await user('cleo', first, {
    display_name: 'Cleo 100%_x',
    account_name: 'chann',
    department: 'HR',
    last_logon_at: new Date('2026-03-02T00:00:00Z'),
  });
  await user('dan', second, { display_name: 'Dan', email: 'dan@example.org', department: 'R&D' });
  await user('gone', first, { display_name: 'Gone', removed_at: new Date(), department: 'IT' });
  ids.staff = await insertGroup(pool, first, {
    display_name: 'Staff',
    member_count: 3,
    attributes: { cn: ['Staff'] },
  });
  ids.board = await insertGroup(pool, first, { display_name: 'Board', member_count: 1 });
  ids.host = await insertObject(pool, first, 'computer', {
    display_name: 'host-1',
    distinguished_name: 'CN=host-1,OU=Machines,DC=x',
    is_active: false,
    status: 'disabled',
  });
  await insertMembership(pool, {
    connectionId: first,
    groupId: ids.staff,
    memberId: ids.ann,
    reference: 'cn=Ann,dc=x',
  });
  await insertMembership(pool, {
    connectionId: first,
    groupId: ids.staff,
    memberId: ids.bob,
    reference: 'cn=bob,dc=x',
  });
  await insertMembership(pool, { connectionId: first, groupId: ids.staff, reference: 'cn=stranger,dc=y' });
  await insertMembership(pool, {
    connectionId: first,
    groupId: ids.board,
    memberId: ids.ann,
    reference: 'cn=Ann,dc=x',
    validTo: new Date(),
  });
  await insertReference(pool, {
    connectionId: first,
    objectId: ids.bob as string,
    kind: 'manager',
    targetId: ids.ann as string,
  });
  await insertReference(pool, {
    connectionId: first,
    objectId: ids.staff,
    kind: 'owner',
    targetId: ids.ann as string,
  });
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
    await pool.query('insert into object_scope (object_id, project_id) values ($1, $2)', [ids.ann, project]);
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

describe('GET /api/groups', () => {
  it('lists, sorts and searches groups', async () => {
    expect(namesOf(await api.get('/api/groups'))).toEqual(['Board', 'Staff']);
    expect(namesOf(await api.get('/api/groups?sort=-memberCount'))).toEqual(['Staff', 'Board']);
    expect(namesOf(await api.get('/api/groups?search=taf'))).toEqual(['Staff']);
    const { body } = await api.get(`/api/groups/${ids.staff}`);
    expect(body.data).toMatchObject({ name: 'Staff', ownerId: ids.ann, memberCount: 3 });
    expect((await api.get(`/api/groups/${ids.ann}`)).status).toBe(404);
  });

  it('lists members, those that the connection does not hold by their DN', async () => {
    const { body } = await api.get(`/api/groups/${ids.staff}/members`);
    expect(body.totalCount).toBe(3);
    expect(body.data).toEqual([
      {
        id: ids.ann,
        objectClass: 'user',
        name: 'Ann Émile',
        distinguishedName: 'cn=Ann,dc=x',
        isActive: true,
        direct: true,
      },
      {
        id: ids.bob,
        objectClass: 'user',
        name: 'bob brown',
        distinguishedName: null,
        isActive: false,
        direct: true,
      },
      {
        id: null,
        objectClass: null,
        name: 'cn=stranger,dc=y',
        distinguishedName: 'cn=stranger,dc=y',
        isActive: null,
        direct: true,
      },
    ]);
  });

  it('lists the groups of a user, past ones left out', async () => {
    const { body } = await api.get(`/api/users/${ids.ann}/groups`);
    expect(body.data.map((row: { name: string }) => row.name)).toEqual(['Staff']);
    expect(body.data[0]).toMatchObject({ direct: true, path: [ids.ann, ids.staff] });
  });

  it('refuses what it cannot serve yet by name', async () => {
    const answer = await api.get(`/api/groups/${ids.staff}/members?transitive=true`);
    expect(answer.body.details).toEqual([{ path: 'query.transitive', message: 'is not available yet' }]);
    expect((await api.get(`/api/users/${ids.ann}/groups?asOf=2026-01-01`)).status).toBe(400);
    expect((await api.get(`/api/users/${ids.ann}/groups?transitive=false`)).status).toBe(200);
  });
});

describe('GET /api/objects', () => {
  it.each([
    ['objectClass=computer', ['host-1']],
    ['search=machines', ['host-1']],
    ['isActive=false&objectClass=computer', ['host-1']],
    ['isActive=true&objectClass=computer', []],
    ['objectClass=group', ['Board', 'Staff']],
    ['search=staff', ['Staff']],
  ])('%s', async (query, expected) => {
    const answer = await api.get(`/api/objects?${query}`);
    expect(namesOf(answer)).toEqual(expected);
    expect(answer.body.totalCount).toBe(expected.length);
  });

  it('has users and groups under the same id', async () => {
    expect((await api.get(`/api/objects/${ids.ann}`)).body.data).toMatchObject({
      objectClass: 'user',
      name: 'Ann Émile',
    });
    const all = await api.get(`/api/objects?connectionId=${first}`);
    expect(all.body.totalCount).toBe(all.body.data.length);
  });

  it('shows all attributes, binary ones in base64, and members', async () => {
    const { pool } = api.database;
    const id = await insertUser(pool, first, {
      display_name: 'With photo',
      attributes: { jpegPhoto: { binary: ['AAEC'] }, mail: ['a@x', 'b@x'] },
      side_attributes: { modifyTimestamp: ['20260101000000Z'] },
    });
    expect((await api.get(`/api/users/${id}/attributes`)).body.data).toEqual([
      { name: 'jpegPhoto', values: ['AAEC'], binary: true },
      { name: 'mail', values: ['a@x', 'b@x'], binary: false },
      { name: 'modifyTimestamp', values: ['20260101000000Z'], binary: false },
    ]);
    expect((await api.get(`/api/objects/${ids.staff}/attributes`)).body.data).toEqual([
      { name: 'cn', values: ['Staff'], binary: false },
      { name: 'member', values: ['cn=Ann,dc=x', 'cn=bob,dc=x', 'cn=stranger,dc=y'], binary: false },
    ]);
    const page = await api.get(`/api/users/${id}/attributes?pageSize=2&sort=-name`);
    expect(page.body.data.map((row: { name: string }) => row.name)).toEqual(['modifyTimestamp', 'mail']);
    const next = await api.get(/<([^>]+)>/.exec(page.headers.get('link') ?? '')?.[1] ?? '');
    expect(next.body.data.map((row: { name: string }) => row.name)).toEqual(['jpegPhoto']);
    await pool.query('delete from directory_object where id = $1', [id]);
    await pool.query(
      "update object_count set present = present - 1 where connection_id = $1 and object_class = 'user'",
      [first],
    );
  });

  it('shows changes with before and after, newest first', async () => {
    const { pool } = api.database;
    const at = (day: number) => new Date(Date.UTC(2026, 0, day));
    const objectId = ids.ann as string;
    await insertChange(pool, {
      connectionId: first,
      objectId,
      at: at(1),
      kind: 'created',
      after: { mail: ['a@x'], photo: { binary: ['AA=='] } },
    });
    await insertChange(pool, {
      connectionId: first,
      objectId,
      at: at(2),
      kind: 'updated',
      before: { mail: ['a@x'], title: null },
      after: { mail: ['b@x'], title: ['Chief'] },
    });
    const { body } = await api.get(`/api/users/${ids.ann}/changes`);
    expect(
      body.data.map(({ kind, at: when, attributes }: Record<string, unknown>) => ({
        kind,
        when,
        attributes,
      })),
    ).toEqual([
      {
        kind: 'updated',
        when: '2026-01-02T00:00:00.000Z',
        attributes: [
          { name: 'mail', before: ['a@x'], after: ['b@x'] },
          { name: 'title', before: null, after: ['Chief'] },
        ],
      },
      {
        kind: 'created',
        when: '2026-01-01T00:00:00.000Z',
        attributes: [
          { name: 'mail', before: null, after: ['a@x'] },
          { name: 'photo', before: null, after: ['AA=='] },
        ],
      },
    ]);
    expect((await api.get(`/api/objects/${ids.ann}/changes?sort=at`)).body.data[0].kind).toBe('created');
  });
});

describe('CSV', () => {
  it('has all matching rows in one answer, whatever the page', async () => {
    const answer = await api.get('/api/users?format=csv&pageSize=1&department=it');
    expect(answer.headers.get('content-type')).toContain('text/csv');
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="users.csv"');
    const records = parse(answer.text, { columns: true }) as Record<string, string>[];
    expect(records.map((record) => record.displayName)).toEqual(['Ann Émile', 'bob brown']);
    expect(Object.keys(records[0] ?? {})).toEqual(
      Object.keys((await api.get(`/api/users/${ids.ann}`)).body.data),
    );
  });

  it('comes for Accept: text/csv, and not for */*', async () => {
    const asked = await api.get('/api/groups', { headers: { accept: 'text/csv' } });
    expect(asked.headers.get('content-type')).toContain('text/csv');
    expect(
      (await api.get('/api/groups', { headers: { accept: '*/*' } })).headers.get('content-type'),
    ).toContain('application/json');
  });

  it('streams more rows than one batch, each once', async () => {
    const { pool } = api.database;
    const connection = await insertConnection(pool);
    await pool.query(
      `insert into directory_object (connection_id, source_id, object_class, reference_key, display_name, status, is_active,
         attributes, content_hash, side_hash, first_seen_at, last_seen_at, updated_at)
       select $1, n::text, 'user', gen_random_uuid(), 'n' || (n % 100), 'active', true, '{}', '', '', now(), now(), now()
       from generate_series(1, 4500) n`,
      [connection],
    );
    const answer = await api.get(`/api/users?format=csv&connectionId=${connection}`);
    const records = parse(answer.text, { columns: true }) as { id: string }[];
    expect(new Set(records.map(({ id }) => id)).size).toBe(4_500);
    expect(records).toHaveLength(4_500);
    await pool.query('delete from directory_object where connection_id = $1', [connection]);
  });

  it('answers wrong filters as every list does', async () => {
    const answer = await api.get('/api/users?format=csv&status=odd');
    expect(answer.status).toBe(400);
    expect(answer.body.details[0].path).toBe('query.status');
  });
});
