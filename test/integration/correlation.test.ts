// Which accounts become one person: by the rules, whatever the order and the batches in which they arrive.
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { lockCorrelation } from '../../database/queries/correlation/lock.ts';
import { resolveCase } from '../../database/queries/persons/correlation-cases.ts';
import { linkAccount } from '../../database/queries/persons/decisions.ts';
import { transaction } from '../../database/sql.ts';
import { type CorrelationLab, correlationLab } from '../support/correlation-lab.ts';

let lab: CorrelationLab;
let hr: string;
let directory: string;

beforeEach(async () => {
  lab = await correlationLab();
  hr = await lab.connection('HR', 1);
  directory = await lab.connection('Directory');
});
afterEach(() => lab.close());

const outcome = () => lab.outcome();

test('an account joins the person of its employee id, whatever its case and accents', async () => {
  await lab.account(hr, 'hr-1', { employeeId: 'É-1', givenName: 'Ann', surname: 'Lee' });
  await lab.account(directory, 'ad-1', { employeeId: 'e-1' });
  await lab.account(directory, 'ad-1-admin', { employeeId: 'E-1' });
  await lab.correlate();
  expect(await outcome()).toEqual({ persons: [['ad-1', 'ad-1-admin', 'hr-1']], cases: {} });
  const { rows } = await lab.pool.query(`select rule, confidence, manual from person_link order by rule`);
  expect(rows).toEqual([
    { rule: 'Employee id', confidence: 100, manual: false },
    { rule: 'Employee id', confidence: 100, manual: false },
    { rule: 'own person', confidence: 100, manual: false },
  ]);
});

test('the first rule that finds somebody decides', async () => {
  await lab.account(hr, 'hr-1', { employeeId: '1', email: 'a@example.org' });
  await lab.account(hr, 'hr-2', { employeeId: '2', email: 'b@example.org' });
  await lab.account(directory, 'ad-1', { employeeId: '1', email: 'b@example.org' });
  await lab.correlate();
  expect((await outcome()).persons).toEqual([['ad-1', 'hr-1'], ['hr-2']]);
});

test('two persons for one account are a case', async () => {
  await lab.account(hr, 'hr-1', { email: 'team@example.org' });
  await lab.account(hr, 'hr-2', { email: 'team@example.org' });
  await lab.account(directory, 'ad-1', { email: 'TEAM@example.org' });
  await lab.correlate();
  expect(await outcome()).toEqual({ persons: [['hr-1'], ['hr-2']], cases: { 'ad-1': 'several_persons' } });
  const { rows } = await lab.pool.query('select candidates from correlation_case');
  expect(rows[0].candidates).toHaveLength(2);
});

test('a mailbox that two accounts of a directory share links neither', async () => {
  await lab.account(hr, 'hr-1', { email: 'ann@example.org' });
  await lab.account(directory, 'ad-1', { email: 'ann@example.org' });
  await lab.account(directory, 'ad-2', { email: 'ann@example.org' });
  await lab.correlate();
  expect(await outcome()).toEqual({
    persons: [['hr-1']],
    cases: { 'ad-1': 'shared_value', 'ad-2': 'shared_value' },
  });
});

test('the email of somebody who has left is no link for a new account', async () => {
  await lab.account(hr, 'hr-1', { email: 'ann@example.org' });
  const old = await lab.account(directory, 'ad-old', { email: 'ann@example.org' });
  await lab.correlate();
  await lab.change(old, { removed: true });
  await lab.account(directory, 'ad-new', { email: 'ann@example.org' });
  await lab.correlate();
  expect(await outcome()).toEqual({ persons: [['ad-old', 'hr-1']], cases: { 'ad-new': 'recycled_value' } });
});

test('who is hired again under the same employee id is the same person', async () => {
  const old = await lab.account(hr, 'hr-old', { employeeId: '7' });
  await lab.correlate();
  await lab.change(old, { removed: true });
  await lab.account(hr, 'hr-new', { employeeId: '7' });
  await lab.correlate();
  expect(await outcome()).toEqual({ persons: [['hr-new', 'hr-old']], cases: {} });
});

test('names link when they are the same, ask when they are alike, and never against another employee id', async () => {
  await lab.account(hr, 'hr-same', { employeeId: '1', givenName: 'Jürgen', surname: 'Weber' });
  await lab.account(hr, 'hr-alike', { employeeId: '2', givenName: 'Catherine', surname: 'Johnson' });
  await lab.account(hr, 'hr-other', { employeeId: '3', givenName: 'Maria', surname: 'Rossi' });
  await lab.account(directory, 'ad-same', { givenName: 'Jurgen', surname: 'WEBER' });
  await lab.account(directory, 'ad-alike', { givenName: 'Catherina', surname: 'Jonson' });
  await lab.account(directory, 'ad-other', { employeeId: '33', givenName: 'Maria', surname: 'Rossi' });
  await lab.correlate();
  expect(await outcome()).toEqual({
    persons: [['ad-other'], ['ad-same', 'hr-same'], ['hr-alike'], ['hr-other']],
    cases: { 'ad-alike': 'similar_name' },
  });
});

test('a changed key moves the account, and what it had is merged', async () => {
  const account = await lab.account(directory, 'ad-1', { employeeId: '1' });
  await lab.correlate();
  const { rows: before } = await lab.pool.query('select id from person');
  await lab.account(hr, 'hr-1', { employeeId: '1' });
  await lab.account(hr, 'hr-2', { employeeId: '2' });
  await lab.correlate();
  expect((await outcome()).persons).toEqual([['ad-1', 'hr-1'], ['hr-2']]);
  const { rows: merged } = await lab.pool.query(
    `select p.merged_into = l.person_id as "there", p.dissolved_at is not null as gone
     from person p, person_link l join directory_object o on o.id = l.object_id
     where p.id = $1 and o.source_id = 'hr-1'`,
    [before[0].id],
  );
  expect(merged).toEqual([{ there: true, gone: true }]);
  await lab.change(account, { employeeId: '2' });
  await lab.correlate();
  expect((await outcome()).persons).toEqual([['ad-1', 'hr-2'], ['hr-1']]);
  await lab.change(account, { employeeId: '9' });
  await lab.correlate();
  // Nobody's again, and the same person as at first.
  const { rows: after } = await lab.pool.query(
    `select l.person_id as id from person_link l join directory_object o on o.id = l.object_id where o.source_id = 'ad-1'`,
  );
  expect(after).toEqual(before);
  const { rows: events } = await lab.pool.query(
    `select action from person_link_event where object_id = $1 order by id`,
    [account],
  );
  expect(events.map(({ action }) => action)).toEqual([
    ...['linked', 'unlinked', 'linked', 'unlinked', 'linked', 'unlinked', 'linked'],
  ]);
});

test('a run that repeats changes nothing', async () => {
  await lab.account(hr, 'hr-1', {
    employeeId: '1',
    email: 'x@example.org',
    givenName: 'Ann',
    surname: 'Lee',
  });
  await lab.account(directory, 'ad-1', { employeeId: '1' });
  await lab.account(directory, 'ad-2', { email: 'y@example.org' });
  await lab.account(directory, 'ad-3', { givenName: 'Anne', surname: 'Lee' });
  await lab.correlate();
  const state = async () =>
    (await lab.pool.query('select xmin, * from person_link order by object_id')).rows.concat(
      (await lab.pool.query('select xmin, * from person order by id')).rows,
    );
  const before = await state();
  const nothing = { personsCreated: 0, linked: 0, unlinked: 0, casesOpened: 0 };
  expect(await lab.correlate()).toEqual(nothing);
  expect(await lab.correlateEverything()).toEqual(nothing);
  expect(await state()).toEqual(before);
});

test('what a person decided stays', async () => {
  await lab.account(hr, 'hr-1', { employeeId: '1' });
  await lab.account(hr, 'hr-2', { employeeId: '2' });
  const linked = await lab.account(directory, 'ad-linked', { employeeId: '1' });
  const denied = await lab.account(directory, 'ad-denied', { employeeId: '1' });
  await lab.correlate();
  const personOf = async (name: string): Promise<string> =>
    (
      await lab.pool.query(
        `select l.person_id from person_link l join directory_object o on o.id = l.object_id where o.source_id = $1`,
        [name],
      )
    ).rows[0].person_id;
  await lab.pool.query('update person_link set person_id = $2, manual = true where object_id = $1', [
    linked,
    await personOf('hr-2'),
  ]);
  await lab.pool.query('insert into person_link_denial (object_id, person_id) values ($1, $2)', [
    denied,
    await personOf('hr-1'),
  ]);
  await lab.correlateEverything();
  expect((await outcome()).persons).toEqual([['ad-denied'], ['ad-linked', 'hr-2'], ['hr-1']]);
});

/** As `lab.outcome`, after what changed was correlated; evaluating everything must change nothing. */
async function settled() {
  await lab.correlate();
  const now = await outcome();
  await lab.correlateEverything();
  expect(await outcome()).toEqual(now);
  return now;
}

/** Links an account by hand to the person of another one. */
const link = (objectId: string, toObjectId: string) =>
  transaction(lab.pool, async (client) => {
    await lockCorrelation(client);
    const { rows } = await client.query('select person_id as id from person_link where object_id = $1', [
      toObjectId,
    ]);
    await linkAccount(client, rows[0].id, { objectId, by: 'somebody' });
  });

test('an authority that comes later finds whom people linked by what their other account says', async () => {
  const crm = await lab.connection('CRM');
  const user = await lab.account(directory, 'ad-ann', {});
  const linked = await lab.account(crm, 'crm-ann', { email: 'ann@example.org' });
  await lab.correlate();
  await link(linked, user);
  await lab.account(hr, 'hr-ann', { email: 'ann@example.org' });
  expect(await settled()).toEqual({ persons: [['ad-ann', 'crm-ann', 'hr-ann']], cases: {} });
});

test('who was linked to an account stays with it when an authority comes that knows that one', async () => {
  const crm = await lab.connection('CRM');
  const user = await lab.account(directory, 'ad-ann', { employeeId: '1' });
  const linked = await lab.account(crm, 'crm-ann', {});
  await lab.correlate();
  await link(linked, user);
  await lab.account(hr, 'hr-ann', { employeeId: '1' });
  expect(await settled()).toEqual({ persons: [['ad-ann', 'crm-ann', 'hr-ann']], cases: {} });
});

test('the person that an account was taken from by hand does not follow it', async () => {
  const crm = await lab.connection('CRM');
  await lab.account(hr, 'hr-ann', { email: 'x@example.org' });
  const moved = await lab.account(crm, 'crm-x', { email: 'x@example.org' });
  const other = await lab.account(directory, 'ad-bob', {});
  await lab.correlate();
  await link(moved, other);
  expect(await settled()).toEqual({ persons: [['ad-bob', 'crm-x'], ['hr-ann']], cases: {} });
});

test.each([
  ['a few', 'correlate'],
  ['most', 'correlateMost'],
] as const)(
  'an authority that found nobody joins whom people linked once an account of theirs changes, as one of %s that did',
  async (_many, correlate) => {
    const crm = await lab.connection('CRM');
    await lab.account(hr, 'hr-ann', { email: 'ann@example.org' });
    const user = await lab.account(directory, 'ad-ann', {});
    const linked = await lab.account(crm, 'crm-ann', {});
    await lab.correlate();
    await link(linked, user);
    expect(await settled()).toEqual({ persons: [['ad-ann', 'crm-ann'], ['hr-ann']], cases: {} });
    await lab.change(linked, { email: 'ann@example.org' });
    await lab[correlate]();
    expect(await settled()).toEqual({ persons: [['ad-ann', 'crm-ann', 'hr-ann']], cases: {} });
  },
);

test('where most changed, accounts of later connections follow those of the changed one', async () => {
  const crm = await lab.connection('CRM');
  const user = await lab.account(directory, 'ad-ann', {});
  await lab.account(crm, 'crm-ann', { email: 'ann@example.org' });
  await lab.account(hr, 'hr-bob', { email: 'bob@example.org' });
  await lab.correlate();
  await lab.change(user, { email: 'ann@example.org' });
  await lab.correlateMost();
  expect(await settled()).toEqual({ persons: [['ad-ann', 'crm-ann'], ['hr-bob']], cases: {} });
});

test('an account that is nobody of those asked about is found by an authority that comes later', async () => {
  await lab.account(hr, 'hr-1', { email: 'team@example.org' });
  await lab.account(hr, 'hr-2', { email: 'team@example.org' });
  await lab.account(directory, 'ad-1', { email: 'team@example.org', employeeId: '7' });
  await lab.correlate();
  await transaction(lab.pool, async (client) => {
    await lockCorrelation(client);
    const { rows } = await client.query('select id from correlation_case');
    await resolveCase(client, rows[0].id, { personId: null, by: 'somebody' });
  });
  expect(await settled()).toEqual({ persons: [['ad-1'], ['hr-1'], ['hr-2']], cases: {} });
  await lab.account(hr, 'hr-7', { employeeId: '7' });
  expect(await settled()).toEqual({ persons: [['ad-1', 'hr-7'], ['hr-1'], ['hr-2']], cases: {} });
});

test('two accounts of a directory that come to one person by different values ask, whichever came first', async () => {
  await lab.account(hr, 'hr-1', { email: 'ann@example.org', accountName: 'ann' });
  await lab.account(directory, 'ad-1', { email: 'ann@example.org' });
  await lab.correlate();
  const second = await lab.account(directory, 'ad-2', { accountName: 'ann' });
  expect(await settled()).toEqual({
    persons: [['hr-1']],
    cases: { 'ad-1': 'recycled_value', 'ad-2': 'recycled_value' },
  });
  await lab.change(second, { accountName: null });
  expect(await settled()).toEqual({ persons: [['ad-1', 'hr-1'], ['ad-2']], cases: {} });
});

test('a person that gains an employee id loses whom a name linked', async () => {
  const first = await lab.account(hr, 'hr-1', { givenName: 'Maria', surname: 'Rossi' });
  await lab.account(directory, 'ad-1', { employeeId: '33', givenName: 'Maria', surname: 'Rossi' });
  expect((await settled()).persons).toEqual([['ad-1', 'hr-1']]);
  await lab.change(first, { employeeId: '3' });
  expect((await settled()).persons).toEqual([['ad-1'], ['hr-1']]);
  await lab.change(first, { employeeId: null });
  expect((await settled()).persons).toEqual([['ad-1', 'hr-1']]);
});

test('what stops being an account leaves its person, and comes back with its class', async () => {
  await lab.account(hr, 'hr-1', { email: 'ann@example.org' });
  const account = await lab.account(directory, 'ad-1', { email: 'ann@example.org' });
  await lab.account(directory, 'ad-2', { email: 'ann@example.org' });
  expect(Object.keys((await settled()).cases)).toEqual(['ad-1', 'ad-2']);
  await lab.change(account, { objectClass: 'contact' });
  expect(await settled()).toEqual({ persons: [['ad-2', 'hr-1']], cases: {} });
  await lab.change(account, { objectClass: 'user' });
  expect(Object.keys((await settled()).cases)).toEqual(['ad-1', 'ad-2']);
});

test('an account that had a value before its former holder left keeps its person; one that gets it later asks', async () => {
  const left = await lab.account(hr, 'hr-1', { email: 'ann@example.org' });
  const gone = await lab.account(hr, 'hr-2', { email: 'bob@example.org' });
  await lab.account(directory, 'ad-1', { email: 'ann@example.org' });
  const other = await lab.account(directory, 'ad-2', { email: 'other@example.org' });
  await lab.correlate();
  await lab.change(left, { removed: true });
  await lab.change(gone, { removed: true });
  expect((await settled()).persons).toEqual([['ad-1', 'hr-1'], ['ad-2'], ['hr-2']]);
  await lab.change(other, { email: 'bob@example.org' });
  expect(await settled()).toEqual({
    persons: [['ad-1', 'hr-1'], ['hr-2']],
    cases: { 'ad-2': 'recycled_value' },
  });
});
