// The outcome is one of data and decisions: neither the order nor the batches in which accounts arrive matter.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type AccountKeys, type CorrelationLab, correlationLab } from '../support/correlation-lab.ts';

const CONNECTIONS = ['HR', 'Contractors', 'Directory', 'Mail'] as const;

let lab: CorrelationLab;

interface Arrival {
  connection: number;
  keys: AccountKeys;
}

const few = (values: string[]) => fc.option(fc.constantFrom(...values), { nil: null, freq: 2 });
const keys: fc.Arbitrary<AccountKeys> = fc.record({
  employeeId: few(['1', '2', '3']),
  email: few(['a@x', 'b@x', 'c@x']),
  givenName: fc.constantFrom('Ann', 'Anna', 'Bob'),
  surname: fc.constantFrom('Lee', 'Leigh', 'Stone'),
});
const arrival: fc.Arbitrary<Arrival> = fc.record({ connection: fc.nat(CONNECTIONS.length - 1), keys });

/**
 * Which accounts belong together after they arrived in this order, `batches` after each of which is correlated; those
 * of `otherwise` came with other keys, and got their own only after that.
 */
async function arrive(
  accounts: Arrival[],
  order: number[],
  batches: Set<number> = new Set(),
  otherwise: Map<number, AccountKeys> = new Map(),
) {
  await lab.empty();
  const ids = [await lab.connection('HR', 1), await lab.connection('Contractors', 2)];
  ids.push(await lab.connection('Directory'), await lab.connection('Mail'));
  const changing = new Map<string, AccountKeys>();
  for (const [position, index] of order.entries()) {
    const { connection, keys } = accounts[index] as Arrival;
    const came = otherwise.get(index) ?? keys;
    const id = await lab.account(ids[connection] as string, `${CONNECTIONS[connection]} ${index}`, came);
    if (otherwise.has(index)) changing.set(id, keys);
    if (batches.has(position)) await lab.correlate();
  }
  await lab.correlate();
  for (const [id, keys] of changing) {
    await lab.change(id, keys);
    await lab.correlate();
  }
  const outcome = await lab.outcome();
  // What is evaluated anew as a whole stays as it was built up.
  await lab.correlateEverything();
  expect(await lab.outcome()).toEqual(outcome);
  return outcome;
}

beforeAll(async () => {
  lab = await correlationLab();
});
afterAll(() => lab.close());

test('whatever the order and the batches, the same accounts become one person', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(arrival, { minLength: 2, maxLength: 9 }).chain((accounts) =>
        fc.record({
          accounts: fc.constant(accounts),
          order: fc.shuffledSubarray([...accounts.keys()], { minLength: accounts.length }),
          batches: fc.uniqueArray(fc.nat(accounts.length - 1)).map((positions) => new Set(positions)),
          otherwise: fc
            .array(fc.tuple(fc.nat(accounts.length - 1), keys), { maxLength: 3 })
            .map((changes) => new Map(changes)),
        }),
      ),
      async ({ accounts, order, batches, otherwise }) => {
        const atOnce = await arrive(accounts, [...accounts.keys()]);
        expect(await arrive(accounts, order, batches, otherwise)).toEqual(atOnce);
      },
    ),
    { numRuns: 8 },
  );
}, 120_000);
