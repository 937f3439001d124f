// A handful of users, groups and a computer of two connections: what the tests of lists read.
import type pg from 'pg';
import {
  insertConnection,
  insertGroup,
  insertMembership,
  insertObject,
  insertReference,
  insertUser,
} from './factories.ts';

export interface SampleRows {
  /** The connection that holds everyone but Dan. */
  first: string;
  second: string;
  /** Ids by the short names used in the tests. */
  ids: Record<'ann' | 'bob' | 'cleo' | 'dan' | 'gone' | 'staff' | 'board' | 'host', string>;
}

/** Ann manages Bob and owns Staff; both are in it, with a stranger; Ann has left Board; Gone is removed. */
export async function insertSampleRows(pool: pg.Pool): Promise<SampleRows> {
  const ids = {} as SampleRows['ids'];
  const first = await insertConnection(pool, { name: 'first' });
  const second = await insertConnection(pool, { name: 'second' });
  const sample = { first, second, ids };
  await insertPeople(pool, sample);
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
  await insertTies(pool, sample);
  return sample;
}

async function insertPeople(pool: pg.Pool, { first, second, ids }: SampleRows): Promise<void> {
  const user = async (key: keyof SampleRows['ids'], connection: string, columns: object) => {
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
}

async function insertTies(pool: pg.Pool, { first, ids }: SampleRows): Promise<void> {
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
    objectId: ids.bob,
    kind: 'manager',
    targetId: ids.ann,
  });
  await insertReference(pool, {
    connectionId: first,
    objectId: ids.staff,
    kind: 'owner',
    targetId: ids.ann,
  });
}
