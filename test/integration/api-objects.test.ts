// Groups and objects over HTTP, with members, attributes and changes.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { insertChange, insertUser } from '../support/factories.ts';
import { insertSampleRows, type SampleRows } from '../support/sample-rows.ts';

let database: TestDatabase;
let api: TestApi;
let first: string;
let ids: SampleRows['ids'];

beforeAll(async () => {
  database = await createTestDatabase();
  api = await startApi({ databaseUrl: database.url });
  ({ first, ids } = await insertSampleRows(api.database.pool));
});

afterAll(async () => {
  await api?.close();
  await database?.drop();
});

const namesOf = (answer: { body: { data: { displayName?: string; name?: string }[] } }) =>
  answer.body.data.map((row) => row.displayName ?? row.name);

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
        path: [ids.ann, ids.staff],
      },
      {
        id: ids.bob,
        objectClass: 'user',
        name: 'bob brown',
        distinguishedName: null,
        isActive: false,
        direct: true,
        path: [ids.bob, ids.staff],
      },
      {
        id: null,
        objectClass: null,
        name: 'cn=stranger,dc=y',
        distinguishedName: 'cn=stranger,dc=y',
        isActive: null,
        direct: true,
        path: [ids.staff],
      },
    ]);
  });

  it('lists the groups of a user, past ones left out', async () => {
    const { body } = await api.get(`/api/users/${ids.ann}/groups`);
    expect(body.data.map((row: { name: string }) => row.name)).toEqual(['Staff']);
    expect(body.data[0]).toMatchObject({ direct: true, path: [ids.ann, ids.staff] });
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
    const objectId = ids.ann;
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
