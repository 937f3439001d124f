// Which names are found to be alike, and what is made of that.
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { type CorrelationLab, correlationLab } from '../support/correlation-lab.ts';

let lab: CorrelationLab;
let hr: string;
let directory: string;

beforeAll(async () => {
  lab = await correlationLab();
});
afterAll(() => lab?.close());
beforeEach(async () => {
  await lab.empty();
  hr = await lab.connection('HR', 1);
  directory = await lab.connection('Directory');
});

const name = (given: string, surname: string) => ({ givenName: given, surname });

it.each([
  ['the same', name('Jürgen', 'Weber'), name('JURGEN', 'weber'), 'linked'],
  ['a hyphen', name('Anna-Maria', 'Lee'), name('Anna Maria', 'Lee'), 'linked'],
  [
    'a typo in the first letter of the given name',
    name('Catherine', 'Johnson'),
    name('Vatherine', 'Johnson'),
    'asks',
  ],
  ['a typo in the first letter of the family name', name('Maria', 'Rossi'), name('Maria', 'Tossi'), 'asks'],
  ['a typo that sounds otherwise', name('Martin', 'Stone'), name('Martin', 'Stome'), 'asks'],
  ['an umlaut written out', name('Jürgen', 'Müller'), name('Jürgen', 'Mueller'), 'asks'],
  ['both names a little other', name('Catherine', 'Johnson'), name('Katherine', 'Jonson'), 'asks'],
  ['given and family name swapped', name('Martin', 'James'), name('James', 'Martin'), 'asks'],
  ['a second given name', name('Anna Maria', 'Rossi'), name('Anna', 'Rossi'), 'asks'],
  ['a double family name', name('Maria', 'Rossi-Lee'), name('Maria', 'Rossi'), 'asks'],
  ['another given name', name('Anna', 'Weber'), name('Kurt', 'Weber'), 'somebody else'],
  ['another family name', name('Maria', 'Rossi'), name('Maria', 'Schneider'), 'somebody else'],
  ['a script whose sound is not known', name('Иван', 'Петров'), name('Иван', 'Петрова'), 'asks'],
])('%s', async (_what, known, other, expected) => {
  await lab.account(hr, 'hr-1', known);
  await lab.account(directory, 'ad-1', other);
  await lab.correlate();
  const outcomes: Record<string, unknown> = {
    linked: { persons: [['ad-1', 'hr-1']], cases: {} },
    asks: { persons: [['hr-1']], cases: { 'ad-1': 'similar_name' } },
    'somebody else': { persons: [['ad-1'], ['hr-1']], cases: {} },
  };
  expect(await lab.outcome()).toEqual(outcomes[expected]);
});

it('two persons of a name are a case, whatever the order of the words', async () => {
  await lab.account(hr, 'hr-1', { employeeId: '1', ...name('Martin', 'James') });
  await lab.account(hr, 'hr-2', { employeeId: '2', ...name('James', 'Martin') });
  await lab.account(directory, 'ad-1', name('Martin', 'James'));
  await lab.correlate();
  expect((await lab.outcome()).cases).toEqual({ 'ad-1': 'similar_name' });
});

it('a name that many persons have asks once, with ten of them', async () => {
  const many = Array.from({ length: 12 }, (_, index) => index);
  for (const index of many)
    await lab.account(hr, `hr-${index}`, { employeeId: `${index}`, ...name('Test', 'User') });
  for (const index of many) await lab.account(directory, `ad-${index}`, name('Test', 'User'));
  await lab.correlate();
  const { rows } = await lab.pool.query(
    'select distinct reason, jsonb_array_length(candidates) as named from correlation_case',
  );
  expect(rows).toEqual([{ reason: 'similar_name', named: 10 }]);
  expect(Object.keys((await lab.outcome()).cases)).toHaveLength(many.length);
});

it('names that nobody has any more are kept nowhere', async () => {
  const kept = async () =>
    (await lab.pool.query('select distinct name from name_key order by 1')).rows.map((row) => row.name);
  const first = await lab.account(hr, 'hr-1', name('Maria', 'Rossi'));
  const second = await lab.account(directory, 'ad-1', name('Maria', 'Rossi'));
  await lab.correlate();
  expect(await kept()).toEqual(['maria/rossi']);
  await lab.change(first, name('Maria', 'Bianchi'));
  await lab.correlate();
  expect(await kept()).toEqual(['maria/bianchi', 'maria/rossi']);
  await lab.change(second, { objectClass: 'computer' });
  await lab.correlate();
  expect(await kept()).toEqual(['maria/bianchi']);
});

it.each([['correlate'], ['correlateMost']] as const)(
  'keeps nobody apart by what an account of a later connection had, when it leaves and comes back (%s)',
  async (correlate) => {
    const crm = await lab.connection('CRM');
    await lab.account(hr, 'hr-ann', { email: 'ann@example.org', ...name('Ann', 'Smith') });
    await lab.account(directory, 'ad-anne', { employeeId: '78', ...name('Anne', 'Smith') });
    const other = await lab.account(crm, 'crm-ann', { email: 'ann@example.org', employeeId: '77' });
    await lab.correlate();
    const outcome = { persons: [['crm-ann', 'hr-ann']], cases: { 'ad-anne': 'similar_name' } };
    expect(await lab.outcome()).toEqual(outcome);
    for (const removed of [true, false]) {
      await lab.change(other, { removed });
      await lab[correlate]();
      expect(await lab.outcome()).toEqual(outcome);
      await lab.correlateEverything();
      expect(await lab.outcome()).toEqual(outcome);
    }
  },
);
