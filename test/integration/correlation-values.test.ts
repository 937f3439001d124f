// By each kind of value that a rule may compare, accounts find their person, whatever the case and the accents.
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { lockCorrelation } from '../../database/queries/correlation/lock.ts';
import { saveRuleSet } from '../../database/queries/correlation/rule-sets.ts';
import { transaction } from '../../database/sql.ts';
import { type AccountKeys, type CorrelationLab, correlationLab } from '../support/correlation-lab.ts';

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

/** @param keyed the keys that hold a value */
async function expectFound(keyed: (value: string) => AccountKeys, rule: string): Promise<void> {
  await lab.account(hr, 'hr-1', keyed('Zoë.Åkesson-1'));
  await lab.account(directory, 'ad-1', keyed('ZOE.akesson-1'));
  await lab.account(directory, 'ad-2', keyed('zoe.akesson-2'));
  await lab.correlate();
  expect(await lab.outcome()).toEqual({ persons: [['ad-1', 'hr-1'], ['ad-2']], cases: {} });
  const { rows } = await lab.pool.query(`
    select o.source_id as name, l.rule, l.confidence, l.manual
    from person_link l join directory_object o on o.id = l.object_id order by 1`);
  const automatic = { confidence: 100, manual: false };
  expect(rows).toEqual([
    { name: 'ad-1', rule, ...automatic },
    { name: 'ad-2', rule: 'own person', ...automatic },
    { name: 'hr-1', rule: 'own person', ...automatic },
  ]);
}

test.each([
  ['employeeId', 'Employee id'],
  ['email', 'Email'],
  ['userPrincipalName', 'User principal name'],
  ['accountName', 'Account name'],
] as const)('by %s, as long as nobody said otherwise', async (key, rule) => {
  await expectFound((value) => ({ [key]: value }), rule);
});

test.each<[string, (value: string) => AccountKeys]>([
  ['displayName', (displayName) => ({ displayName })],
  ['phone', (phone) => ({ phone })],
  ['extensionAttribute7', (value) => ({ attributes: { extensionAttribute7: [value, `${value} too`] } })],
])('by %s, where a rule says so', async (attribute, keyed) => {
  await transaction(lab.pool, async (client) => {
    await lockCorrelation(client);
    const rules = [{ type: 'exact' as const, name: 'Ours', attribute, several: false }];
    await saveRuleSet(client, null, { rules, linkThreshold: 95, reviewThreshold: 75 });
  });
  await expectFound(keyed, 'Ours');
});

test('a link tells when it was made, and when an account that moved came to its present person', async () => {
  await lab.account(hr, 'hr-1', { employeeId: '1' });
  await lab.account(hr, 'hr-2', { employeeId: '2' });
  const account = await lab.account(directory, 'ad-1', { employeeId: '1' });
  for (const employeeId of ['1', '2']) {
    await lab.change(account, { employeeId });
    const before = Date.now();
    await lab.correlate();
    const { rows } = await lab.pool.query('select linked_at from person_link where object_id = $1', [
      account,
    ]);
    const linkedAt = rows[0].linked_at.getTime();
    expect(linkedAt >= before && linkedAt <= Date.now()).toBe(true);
  }
  expect((await lab.outcome()).persons).toEqual([['ad-1', 'hr-2'], ['hr-1']]);
});
