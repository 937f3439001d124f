// GET /api/persons finds the few that a refresh failed for, and those of a small profile, by index.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { loadIdentities } from '../../bench/load-identities.ts';
import { type Database, openDatabase } from '../../database/database.ts';
import { compileList } from '../../database/queries/list-rows.ts';
import { type PersonFilter, personsStatement } from '../../database/queries/persons/list-persons.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { insertConnection } from '../support/factories.ts';

const PERSONS = 20_000;
const SMALL = '01a00000-0000-7000-8000-000000000001';

let database: TestDatabase;
let opened: Database;

beforeAll(async () => {
  database = await createTestDatabase();
  opened = await openDatabase({ url: database.url });
  await loadIdentities(database.url, PERSONS);
  const { pool } = opened;
  const connection = await insertConnection(pool, { name: 'HR' });
  await pool.query(
    `insert into identity_profile (id, name, priority, connection_id, identity_attribute_config)
     values ($1, 'Small', 1, $3, '{}'), ($2, 'Large', 2, $3, '{}')`,
    [SMALL, SMALL.replace(/1$/, '2'), connection],
  );
  await pool.query(
    `update person set identity_profile_id = case when id in (select id from person order by id limit 100)
       then $1::uuid else $2::uuid end`,
    [SMALL, SMALL.replace(/1$/, '2')],
  );
  await pool.query('vacuum analyze person');
});

afterAll(async () => {
  await opened?.close();
  await database?.drop();
});

it.each<[PersonFilter, string]>([
  [{ processingState: 'ERROR' }, 'using person_failed'],
  [{ identityProfileId: SMALL }, 'using person_profile'],
  [{ identityProfileId: SMALL, processingState: 'ERROR' }, 'using person_failed'],
])('%j: %s', async (filter, expected) => {
  const { sql, parameters } = compileList(
    personsStatement(filter, {
      sort: 'displayName',
      descending: false,
      sortGiven: false,
      limit: 50,
      offset: 0,
      after: null,
      withTotal: true,
    }),
  );
  const { rows } = await opened.pool.query(`explain ${sql}`, [...parameters]);
  const plan = rows.map((line) => line['QUERY PLAN']).join('\n');
  expect(plan).toContain(expected);
  expect(plan).not.toMatch(/Seq Scan|using person_name/);
});
