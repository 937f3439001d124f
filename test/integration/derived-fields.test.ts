// What no source says of a person: its fields, states and managers, worked out from its accounts in one place.
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { derivePersons, lockPersons } from '../../database/queries/persons/derive-persons.ts';
import { settleDissolved } from '../../database/queries/persons/person-managers.ts';
import { transaction } from '../../database/sql.ts';
import { type CorrelationLab, correlationLab } from '../support/correlation-lab.ts';
import { insertAccount, insertReference } from '../support/factories.ts';
import { expectPersonsCounted } from '../support/person-count.ts';

let lab: CorrelationLab;
let hr: string;
let directory: string;

beforeAll(async () => {
  lab = await correlationLab();
});
afterAll(() => lab?.close());
afterEach(() => expectPersonsCounted(lab.pool));
beforeEach(async () => {
  await lab.empty();
  hr = await lab.connection('HR', 10);
  directory = await lab.connection('Directory');
});

type Row = Record<string, unknown>;

/** Correlates, derives all persons, and answers with the one of this account. */
async function derived(objectId: string): Promise<Row> {
  await lab.correlate();
  await transaction(lab.pool, async (client) => {
    await lockPersons(client);
    const { rows } = await client.query('select id from person');
    await derivePersons(
      client,
      await settleDissolved(
        client,
        rows.map(({ id }) => id),
      ),
    );
    await client.query('delete from refresh_wanted');
  });
  return personOf(objectId);
}

async function personOf(objectId: string): Promise<Row> {
  const { rows } = await lab.pool.query(
    'select p.* from person_link l join person p on p.id = l.person_id where l.object_id = $1',
    [objectId],
  );
  return rows[0];
}

const setObject = (id: string, columns: Row) =>
  Promise.all(
    Object.entries(columns).map(([column, value]) =>
      lab.pool.query(`update directory_object set ${column} = $2 where id = $1`, [id, value]),
    ),
  );

const setPerson = (id: unknown, columns: Row) =>
  Promise.all(
    Object.entries(columns).map(([column, value]) =>
      lab.pool.query(`update person set ${column} = $2 where id = $1`, [id, value]),
    ),
  );

/** One person with an account at both. */
async function both(): Promise<{ hrAccount: string; directoryAccount: string }> {
  const hrAccount = await lab.account(hr, 'hr-1', { employeeId: '1', givenName: 'Ann', surname: 'Lee' });
  const directoryAccount = await lab.account(directory, 'ad-1', {
    employeeId: '1',
    accountName: 'ALee',
    email: 'ann@example.org',
  });
  return { hrAccount, directoryAccount };
}

test('fields come from the leading account that has them, the alias is an account name', async () => {
  const { hrAccount } = await both();
  expect(await derived(hrAccount)).toMatchObject({
    display_name: 'hr-1',
    given_name: 'Ann',
    surname: 'Lee',
    email: 'ann@example.org',
    employee_id: '1',
    alias: 'ALee',
    correlated: true,
    status: 'active',
    lifecycle_state: 'active',
    identity_status: 'UNREGISTERED',
    processing_state: null,
    protected: false,
  });
});

test('who has no account on an authoritative connection is not correlated and has no profile', async () => {
  const account = await lab.account(directory, 'ad-9', { employeeId: '9' });
  expect(await derived(account)).toMatchObject({ correlated: false, identity_profile_id: null });
});

test('identity attributes fill the fields they are named after, and may say that there is no value', async () => {
  const { hrAccount } = await both();
  const { id } = await derived(hrAccount);
  await setPerson(id, { attributes: { displayName: 'Lee, Ann', email: null, firstname: 'Anna' } });
  expect(await derived(hrAccount)).toMatchObject({
    display_name: 'Lee, Ann',
    email: null,
    given_name: 'Anna',
    surname: 'Lee',
  });
});

test('the profile is the one with the lowest priority number; a disabled one has no say', async () => {
  const { hrAccount, directoryAccount } = await both();
  const profile = async (name: string) =>
    (await lab.pool.query('select id from identity_profile where name = $1', [name])).rows[0].id;
  await lab.pool.query(
    `insert into identity_profile (name, priority, connection_id, identity_attribute_config)
     values ('Later', 20, $1, '{}'), ('First', 1, $2, '{}')`,
    [directory, directory],
  );
  expect(await derived(hrAccount)).toMatchObject({ identity_profile_id: await profile('First') });
  await lab.pool.query(`update identity_profile set enabled = false where name = 'First'`);
  expect(await derived(hrAccount)).toMatchObject({ identity_profile_id: await profile('HR') });
  await lab.change(hrAccount, { removed: true });
  expect(await derived(directoryAccount)).toMatchObject({ identity_profile_id: await profile('Later') });
  await lab.pool.query('update identity_profile set enabled = false');
  await setPerson((await personOf(directoryAccount)).id, { attributes: { displayName: 'old' } });
  expect(await derived(directoryAccount)).toMatchObject({
    identity_profile_id: null,
    correlated: false,
    attributes: {},
  });
});

test('of profiles with the same priority the one that was made first counts, whichever connection was', async () => {
  const profile = async (name: string) =>
    (await lab.pool.query('select id from identity_profile where name = $1', [name])).rows[0].id;
  const account = await lab.account(directory, 'ad-1', { employeeId: '1' });
  const payroll = await lab.connection('Payroll', 5);
  await lab.account(payroll, 'pay-1', { employeeId: '1', givenName: 'Ann', surname: 'Payroll' });
  await lab.pool.query(
    `insert into identity_profile (name, priority, connection_id, identity_attribute_config)
     values ('Directory', 5, $1, '{}'), ('Payroll too', 5, $2, '{}')`,
    [directory, payroll],
  );
  expect(await derived(account)).toMatchObject({
    identity_profile_id: await profile('Payroll'),
    display_name: 'pay-1',
    // Among connections it is the one that was made first.
    anchor_object_id: account,
  });
});

test('the identity status is the first of the table that holds', async () => {
  const { hrAccount, directoryAccount } = await both();
  const status = async () => (await derived(hrAccount)).identity_status;
  const { id } = await derived(hrAccount);
  const signIn = await insertAccount(lab.pool, { username: 'alee', password: 'x', role: 'reviewer' });
  expect(await status()).toBe('REGISTERED');
  await lab.pool.query('update account set last_login_at = now() where id = $1', [signIn]);
  expect(await status()).toBe('ACTIVE');
  await lab.pool.query(
    `insert into correlation_case (object_id, connection_id, reason, candidates)
     values (uuidv7(), $1, 'similar_name', $2)`,
    [directory, JSON.stringify([{ personId: id, rule: 'Name', confidence: 80 }])],
  );
  expect(await status()).toBe('WARNING');
  await setPerson(id, { lifecycle_state: 'inactive', lifecycle_manual: true });
  expect(await status()).toBe('DEACTIVATED');
  await setPerson(id, { processing_state: 'ERROR' });
  expect(await status()).toBe('ERROR');
  await setObject(hrAccount, { status: 'disabled' });
  expect(await status()).toBe('DISABLED');
  await setObject(directoryAccount, { attributes: { lockoutTime: ['133000000000000000'] } });
  expect(await status()).toBe('DISABLED');
  // An account that was locked once and is no more.
  await setObject(hrAccount, { attributes: { lockoutTime: ['0'] } });
  expect(await status()).toBe('DISABLED');
  await setObject(hrAccount, { attributes: { lockoutTime: ['133000000000000000'] } });
  expect(await status()).toBe('LOCKED');
  await lab.change(hrAccount, { removed: true });
  expect(await status()).toBe('TERMINATED');
  expect(await personOf(hrAccount)).toMatchObject({ status: 'terminated', correlated: true });
});

test('the lifecycle state follows the leading account unless it was set by hand', async () => {
  const { hrAccount } = await both();
  await setObject(hrAccount, { status: 'disabled' });
  const person = await derived(hrAccount);
  expect(person).toMatchObject({ status: 'inactive', lifecycle_state: 'inactive' });
  await setPerson(person.id, { lifecycle_state: 'active', lifecycle_manual: true });
  expect(await derived(hrAccount)).toMatchObject({ status: 'inactive', lifecycle_state: 'active' });
});

test('who signs in here as an administrator is protected', async () => {
  const { hrAccount } = await both();
  await insertAccount(lab.pool, { username: 'ann@example.org', password: 'x', role: 'admin' });
  expect(await derived(hrAccount)).toMatchObject({ protected: true });
  await lab.pool.query(`update account set enabled = false where username = 'ann@example.org'`);
  expect(await derived(hrAccount)).toMatchObject({ protected: false });
});

test('managers follow references, also when their accounts go to somebody else', async () => {
  const { hrAccount, directoryAccount } = await both();
  const other = await lab.account(hr, 'hr-2', { employeeId: '2' });
  const report = await lab.account(directory, 'ad-3', { employeeId: '3' });
  await lab.pool.query(`select create_partitions($1)`, [directory]);
  await insertReference(lab.pool, {
    connectionId: directory,
    objectId: report,
    kind: 'manager',
    targetId: directoryAccount,
  });
  const boss = (await derived(report)).manager_id;
  expect(await personOf(hrAccount)).toMatchObject({ id: boss, is_manager: true });
  await lab.change(directoryAccount, { employeeId: '2' });
  await lab.correlate();
  // Only those whose accounts changed are derived, as after a run.
  const { rows } = await lab.pool.query(
    'select person_id as id from refresh_wanted where person_id <> (select person_id from person_link where object_id = $1)',
    [report],
  );
  await transaction(lab.pool, async (client) => {
    await lockPersons(client);
    await derivePersons(
      client,
      rows.map(({ id }) => id),
    );
  });
  expect(await personOf(hrAccount)).toMatchObject({ id: boss, is_manager: false });
  expect(await personOf(other)).toMatchObject({ is_manager: true });
  expect((await personOf(report)).manager_id).toBe((await personOf(other)).id);
});

test('a person whose only report dissolved is a manager no longer', async () => {
  const boss = await lab.account(directory, 'ad-1', { employeeId: '1' });
  const report = await lab.account(directory, 'ad-2', { employeeId: '2' });
  await insertReference(lab.pool, {
    connectionId: directory,
    objectId: report,
    kind: 'manager',
    targetId: boss,
  });
  expect((await derived(boss)).is_manager).toBe(true);
  await lab.account(hr, 'hr-1', { email: 'x@example.org' });
  await lab.account(hr, 'hr-2', { email: 'x@example.org' });
  await lab.change(report, { employeeId: null, email: 'x@example.org' });
  expect((await derived(boss)).is_manager).toBe(false);
});

test('nothing is written where nothing differs', async () => {
  const { hrAccount } = await both();
  const before = await derived(hrAccount);
  expect(await derived(hrAccount)).toEqual(before);
});
