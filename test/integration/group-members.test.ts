// Members of large groups: the walk brings what sorting brings, each object once, page by page.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Database, openDatabase } from '../../database/database.ts';
import {
  listDirectMembers,
  type MemberRow,
  sortedMembers,
  walkedMembers,
} from '../../database/queries/group-members.ts';
import {
  type ListRequest,
  type ListResult,
  listRows,
  type Position,
} from '../../database/queries/list-rows.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { insertConnection, insertGroup, insertMembership, insertUser } from '../support/factories.ts';

let testDatabase: TestDatabase;
let database: Database;
let connectionId: string;
/** Everybody: people, computers, and names that nobody answers to. */
let everybody: string;
/** As many people as everybody, but those with the last names alone. */
let last: string;

const MEMBERS = 2_400;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = await openDatabase({ url: testDatabase.url });
  const { pool } = database;
  connectionId = await insertConnection(pool);
  everybody = await insertGroup(pool, connectionId, { display_name: 'Everybody', member_count: MEMBERS });
  last = await insertGroup(pool, connectionId, { display_name: 'Last', member_count: 1_200 });
  // Names that repeat and differ in case, in two classes.
  await pool.query(
    `insert into directory_object (connection_id, source_id, object_class, reference_key, display_name, status, is_active,
       attributes, digest, first_seen_at, last_seen_at, updated_at)
     select $1, i::text, case when i % 5 = 0 then 'computer' else 'user' end, md5(i::text)::uuid,
       case when i % 2 = 0 then 'n' else 'N' end || lpad((i % 1500)::text, 4, '0'), 'active', true, '{}', '', now(), now(), now()
     from generate_series(1, 4000) i`,
    [connectionId],
  );
  const members = `insert into membership (group_id, member_key, member_id, connection_id, reference, valid_from, valid_to)
    select $2::uuid, reference_key, id, connection_id, source_id, now() - interval '2 days',`;
  await pool.query(
    `${members} case when source_id::int > 2200 then now() end from directory_object
     where connection_id = $1 and object_class <> 'group' and source_id::int <= 2300`,
    [connectionId, everybody],
  );
  await pool.query(
    `${members} null from directory_object where connection_id = $1 and object_class <> 'group'
     order by lower(display_name) desc, id desc limit 1200`,
    [connectionId, last],
  );
  await pool.query(
    `insert into membership (group_id, member_key, connection_id, reference, valid_from)
     select $2, md5('unknown' || i)::uuid, $1, 'N' || i, now() from generate_series(1, 200) i`,
    [connectionId, everybody],
  );
  await pool.query(
    `insert into object_count (connection_id, object_class, present) values ($1, 'user', 3200), ($1, 'computer', 800)
     on conflict (connection_id, object_class) do update set present = excluded.present`,
    [connectionId],
  );
});

afterAll(async () => {
  await database?.close();
  await testDatabase?.drop();
});

const first: ListRequest = {
  sort: 'name',
  descending: false,
  sortGiven: false,
  limit: 100,
  offset: 0,
  after: null,
  withTotal: true,
};

async function allPages(read: (request: ListRequest) => Promise<ListResult<MemberRow>>): Promise<string[]> {
  const found: string[] = [];
  let after: Position | null = null;
  do {
    const page: ListResult<MemberRow> = await read({ ...first, after });
    expect(page.totalCount).toBe(MEMBERS);
    found.push(...page.rows.map((row) => `${row.name} ${row.id ?? row.distinguishedName}`));
    after = page.next;
  } while (after);
  return found;
}

describe('members of a large group', () => {
  it('come in the same order by walking and by sorting, to the last page', async () => {
    const place = { connectionId, groupId: everybody };
    const walk = { classes: ['computer', 'group', 'user'], steps: 1_000 };
    const sorted = await allPages((request) => listRows(database.pool, sortedMembers(place, request)));
    expect(new Set(sorted).size).toBe(MEMBERS);
    expect(await allPages((request) => listRows(database.pool, walkedMembers(place, request, walk)))).toEqual(
      sorted,
    );
    expect(await allPages((request) => listDirectMembers(database.pool, place, request))).toEqual(sorted);
  });

  it('come by their page number too, and backwards', async () => {
    const place = { connectionId, groupId: everybody };
    const names = async (request: Partial<ListRequest>) =>
      (await listDirectMembers(database.pool, place, { ...first, limit: 10, ...request })).rows.map(
        ({ name }) => name,
      );
    const sorted = await listRows<MemberRow>(
      database.pool,
      sortedMembers(place, { ...first, limit: MEMBERS }),
    );
    const all = sorted.rows.map(({ name }) => name);
    expect(await names({ offset: 50 })).toEqual(all.slice(50, 60));
    expect(await names({ offset: MEMBERS - 5 })).toEqual(all.slice(-5));
    const folded = (list: string[]) => list.map((name) => name.toLowerCase());
    expect(folded(await names({ descending: true }))).toEqual(folded(all.slice(-10)).reverse());
  });

  it('are found where a walk would come to them too late', async () => {
    const page = await listDirectMembers(database.pool, { connectionId, groupId: last }, first);
    expect(page.rows).toHaveLength(100);
    expect(page.totalCount).toBe(1_200);
  });
});

describe('a group that lists one object by two of its names', () => {
  it('has one member', async () => {
    const { pool } = database;
    const group = await insertGroup(pool, connectionId, { display_name: 'Twice', member_count: 2 });
    const member = await insertUser(pool, connectionId, { display_name: 'Ann', alternate_key: testKey });
    for (const reference of ['u1', 'cn=ann,dc=x'])
      await insertMembership(pool, { connectionId, groupId: group, memberId: member, reference });
    const { rows, totalCount } = await listDirectMembers(pool, { connectionId, groupId: group }, first);
    expect(rows.map(({ id }) => id)).toEqual([member]);
    expect(totalCount).toBe(1);
  });
});

const testKey = '01a00000-0000-7000-8000-000000000000';
