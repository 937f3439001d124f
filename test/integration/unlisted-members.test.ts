// Members that go with their links (Active Directory): their groups, which are not read again, count without them.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type Database, openDatabase } from '../../database/database.ts';
import { removeObjects } from '../../database/queries/sync/remove-objects.ts';
import { transaction } from '../../database/sql.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import {
  insertClaim,
  insertConnection,
  insertGroup,
  insertMembership,
  insertProject,
  insertUser,
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

it.each([
  ['is counted without those whose links are gone', true, 1],
  ['still counts those whom it lists by their names', false, 2],
])('a group %s', async (_, linksGone, memberCount) => {
  const { pool } = database;
  const connectionId = await insertConnection(pool);
  const projectId = await insertProject(pool, connectionId);
  const group = await insertGroup(pool, connectionId, { display_name: 'Staff', member_count: 2 });
  const [leaver] = await Promise.all(
    ['ann', 'bob'].map(async (name) => {
      const id = await insertUser(pool, connectionId, { display_name: name });
      await insertClaim(pool, { connectionId, objectId: id, projectId });
      await insertMembership(pool, { connectionId, groupId: group, memberId: id, reference: `cn=${name}` });
      return id;
    }),
  );
  const scope = { runId: randomUUID(), connectionId, projectId, instant: new Date() };
  const gone = [leaver as string];
  await transaction(pool, (client) => removeObjects(client, scope, gone, linksGone ? gone : []));
  const { rows } = await pool.query(
    `select o.member_count, (select count(*)::int from membership m where m.group_id = o.id and m.valid_to is null) as open
     from directory_object o where id = $1`,
    [group],
  );
  expect(rows).toEqual([{ member_count: memberCount, open: memberCount }]);
});
