// A database in which accounts found their persons already keeps them through Migration20261128111500.
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type pg from 'pg';
import { type Database, openDatabase } from '../../database/database.ts';
import { correlate } from '../../database/queries/correlation/correlate.ts';
import { takenNames } from '../../database/queries/persons/taken-names.ts';
import { transaction } from '../../database/sql.ts';
import { createEmptyDatabase, type TestDatabase } from '../support/database.ts';
import { insertClaim, insertConnection, insertProject, insertUser } from '../support/factories.ts';

const BEFORE = 'Migration20261123023800_alias_order';
const EARLIER = new Date('2026-02-01T00:00:00Z');
const REMOVED = new Date('2026-03-01T00:00:00Z');
const LATER = new Date('2026-03-03T00:00:00Z');

let test: TestDatabase;
let database: Database;
let pool: pg.Pool;
let hr: string;
let directory: string;

beforeEach(async () => {
  test = await createEmptyDatabase();
  database = await openDatabase({ url: test.url });
  pool = database.pool;
  await database.orm.migrator.up({ to: BEFORE });
  hr = await insertConnection(pool, { name: 'HR' });
  directory = await insertConnection(pool, { name: 'Directory' });
  await pool.query(
    `insert into identity_profile (name, priority, connection_id, identity_attribute_config) values ('Staff', 1, $1, '{}')`,
    [hr],
  );
});
afterEach(async () => {
  await database?.close();
  await test?.drop();
});

/** An account with its keys as they were kept before: an address that is written in two ways is there twice. */
async function account(connectionId: string, name: string, columns: object): Promise<string> {
  const id = await insertUser(pool, connectionId, {
    source_id: name,
    account_name: name,
    first_seen_at: EARLIER,
    ...columns,
  });
  await pool.query(
    `insert into correlation_key (object_id, connection_id, attribute, value, removed)
     select o.id, o.connection_id, k.attribute, folded_key(k.value), o.removed_at is not null
     from directory_object o
     cross join lateral (values ('email', o.email), ('email', upper(o.email)), ('accountName', o.account_name)) k (attribute, value)
     where o.id = $1 and k.value is not null`,
    [id],
  );
  return id;
}

/** The person made for an account. */
async function personOf(objectId: string, connectionId: string): Promise<string> {
  const { rows } = await pool.query(
    `insert into person (anchor_object_id, display_name) values ($1, 'somebody') returning id`,
    [objectId],
  );
  await link(objectId, connectionId, rows[0].id, 'own person');
  return rows[0].id;
}

const link = (objectId: string, connectionId: string, personId: string, rule: string) =>
  pool.query(
    `insert into person_link (object_id, connection_id, person_id, rule, confidence) values ($1, $2, $3, $4, 100)`,
    [objectId, connectionId, personId, rule],
  );

const upgradeAndCorrelate = async () => {
  await database.migrate();
  return transaction(pool, (client) => correlate(client, null));
};

it('leaves with their persons the accounts of leavers that changed after the authority had let them go', async () => {
  const gone = await account(hr, 'hr-ann', {
    email: 'ann@example.org',
    removed_at: REMOVED,
    updated_at: REMOVED,
  });
  const ann = await personOf(gone, hr);
  const disabled = await account(directory, 'ann', { email: 'ann@example.org', updated_at: LATER });
  await link(disabled, directory, ann, 'Email');
  expect(await upgradeAndCorrelate()).toEqual({ personsCreated: 0, linked: 0, unlinked: 0, casesOpened: 0 });
  const { rows } = await pool.query('select object_id, person_id from person_link order by linked_at');
  expect(rows).toEqual([
    { object_id: gone, person_id: ann },
    { object_id: disabled, person_id: ann },
  ]);
});

it('leaves to people who gets an address that somebody had who is gone', async () => {
  const gone = await account(hr, 'hr-ann', {
    email: 'ann@example.org',
    removed_at: REMOVED,
    updated_at: REMOVED,
  });
  const ann = await personOf(gone, hr);
  const waiting = await account(directory, 'anna', { email: 'ann@example.org', updated_at: LATER });
  await pool.query(
    `insert into correlation_case (object_id, connection_id, reason, candidates)
     values ($1, $2, 'recycled_value', jsonb_build_array(jsonb_build_object('personId', $3::uuid, 'rule', 'Email', 'confidence', 100)))`,
    [waiting, directory, ann],
  );
  await upgradeAndCorrelate();
  const { rows } = await pool.query('select object_id, reason, status from correlation_case');
  expect(rows).toEqual([{ object_id: waiting, reason: 'recycled_value', status: 'open' }]);
});

it('knows what accounts are compared by before anything is correlated', async () => {
  const ann = await account(directory, 'ann', { email: 'ann@example.org' });
  await database.migrate();
  expect(await takenNames(pool, ['ann'])).toMatchObject([{ name: 'ann', holder: ann }]);
  const { rows } = await pool.query('select attribute, value from correlation_key order by attribute');
  expect(rows).toEqual([
    { attribute: 'accountName', value: 'ann' },
    { attribute: 'email', value: 'ann@example.org' },
  ]);
});

it('says of each link which rules made it', async () => {
  const rules = async (projectId: string | null): Promise<string> => {
    const { rows } = await pool.query(
      `insert into correlation_rule_set (project_id, rules) values ($1, '[]') returning id`,
      [projectId],
    );
    return rows[0].id;
  };
  const first = await account(hr, 'hr-ann', { email: 'ann@example.org' });
  const person = await personOf(first, hr);
  const general = await account(directory, 'ann', { email: 'ann@example.org' });
  await link(general, directory, person, 'Email');
  const projectId = await insertProject(pool, directory);
  const special = await account(directory, 'ann-admin', { email: 'ann@example.org' });
  await insertClaim(pool, { connectionId: directory, objectId: special, projectId });
  await link(special, directory, person, 'Email');
  const ofAll = await rules(null);
  const ofProject = await rules(projectId);
  await database.migrate();
  const { rows } = await pool.query('select object_id, rule_set_id from person_link order by linked_at');
  expect(rows).toEqual([
    { object_id: first, rule_set_id: null },
    { object_id: general, rule_set_id: ofAll },
    { object_id: special, rule_set_id: ofProject },
  ]);
});
