// Members whose names become each other's, in a source whose links follow (Active Directory): their groups, which are not
// read again, keep them all.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type pg from 'pg';
import { type Database, openDatabase } from '../../database/database.ts';
import { removeObjects } from '../../database/queries/sync/remove-objects.ts';
import { unbindMoved } from '../../database/queries/sync/unbind-references.ts';
import { transaction } from '../../database/sql.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import {
  insertConnection,
  insertGroup,
  insertMembership,
  insertProject,
  insertUser,
  keyOf,
} from '../support/factories.ts';

let testDatabase: TestDatabase;
let database: Database;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = await openDatabase({ url: testDatabase.url });
});

afterAll(async () => {
  await database?.close();
  await testDatabase?.drop();
});

async function rename(client: pg.PoolClient, id: string, name: string): Promise<void> {
  await client.query(
    'update directory_object set reference_key = $2, distinguished_name = $3 where id = $1',
    [id, keyOf(name), name],
  );
}

it.each([
  ['swap in one batch', ['cn=b', 'cn=a', 'cn=c'], [[0, 1]]],
  ['swap over two batches', ['cn=b', 'cn=a', 'cn=c'], [[0], [1]]],
  ['hand their names on in one batch', ['cn=b', 'cn=c', 'cn=d'], [[0, 1, 2]]],
  ['hand their names on over three batches', ['cn=b', 'cn=c', 'cn=d'], [[0], [1], [2]]],
  ['hand their names round', ['cn=b', 'cn=c', 'cn=a'], [[2], [0, 1]]],
])('members that %s stay members', async (_, names, batches) => {
  const { pool } = database;
  const connectionId = await insertConnection(pool);
  const group = await insertGroup(pool, connectionId);
  const ids: string[] = [];
  for (const reference of ['cn=a', 'cn=b', 'cn=c']) {
    const memberId = await insertUser(pool, connectionId, { reference_key: keyOf(reference) });
    await insertMembership(pool, { connectionId, groupId: group, memberId, reference });
    ids.push(memberId);
  }
  const scope = { runId: null, connectionId, instant: new Date(), linksFollow: true };
  let ended = 0;
  for (const batch of batches)
    await transaction(pool, async (client) => {
      const moved = batch.map((at) => ids[at] as string);
      for (const at of batch) await rename(client, ids[at] as string, names[at] as string);
      ended += await unbindMoved(client, scope, moved);
    });
  const { rows } = await pool.query(
    `select member_id, replace(member_key::text, '-', '') as member_key, reference from membership where group_id = $1 and valid_to is null order by member_id`,
    [group],
  );
  expect(ended).toBe(0);
  expect(rows).toEqual(
    ids
      .map((id, at) => ({ member_id: id, member_key: keyOf(names[at] as string), reference: names[at] }))
      .sort((one, other) => (one.member_id < other.member_id ? -1 : 1)),
  );
});

it('a name that was handed on and whose former owner left the scopes is no bare member', async () => {
  const { pool } = database;
  const connectionId = await insertConnection(pool);
  const projectId = await insertProject(pool, connectionId);
  const group = await insertGroup(pool, connectionId, { member_count: 3 });
  const ids: string[] = [];
  for (const reference of ['cn=a', 'cn=b', 'cn=c']) {
    const memberId = await insertUser(pool, connectionId, { reference_key: keyOf(reference) });
    await insertMembership(pool, { connectionId, groupId: group, memberId, reference });
    ids.push(memberId);
  }
  const [former, heir, leaver] = ids as [string, string, string];
  const scope = { runId: randomUUID(), projectId, connectionId, instant: new Date(), linksFollow: true };
  await transaction(pool, async (client) => {
    await rename(client, heir, 'cn=a');
    await unbindMoved(client, scope, [heir]);
    await removeObjects(client, scope, [former, leaver]);
  });
  const { rows } = await pool.query(
    `select m.member_id, m.reference, g.member_count from membership m join directory_object g on g.id = m.group_id
     where m.group_id = $1 and m.valid_to is null order by m.reference`,
    [group],
  );
  expect(rows).toEqual([
    { member_id: heir, reference: 'cn=a', member_count: 2 },
    { member_id: null, reference: 'cn=c', member_count: 2 },
  ]);
});
