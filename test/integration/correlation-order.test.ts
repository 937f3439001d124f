// The outcome is one of data and decisions: neither the order nor the batches in which they came matter.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type AccountKeys, type CorrelationLab, correlationLab } from '../support/correlation-lab.ts';
import {
  type Arrival,
  allSteps,
  arrival,
  decidedSteps,
  keys,
  type Step,
  sourceSteps,
  startStory,
} from '../support/correlation-story.ts';
import { expectPersonsCounted } from '../support/person-count.ts';

/** How many stories are made up; more of them find more. */
const STORIES = Number(process.env.CORRELATION_STORIES ?? 3);
const LONG = 60_000 + 30_000 * STORIES;
const NOTHING = { personsCreated: 0, linked: 0, unlinked: 0, casesOpened: 0 };

let lab: CorrelationLab;

beforeAll(async () => {
  lab = await correlationLab();
});
afterAll(() => lab.close());

/** What is stored of persons, links, cases and history, to the row's version. */
async function stored() {
  const all = ['person', 'person_link', 'correlation_case', 'person_link_event', 'correlation_key'].map(
    async (table) => (await lab.pool.query(`select xmin::text, * from ${table} order by 2, 3, 4, 5`)).rows,
  );
  return Promise.all(all);
}

const held = async () =>
  (
    await lab.pool.query(
      `select object_id, person_id, linked_by, linked_at from person_link where manual order by 1`,
    )
  ).rows;

/** Names by which accounts are compared, and those that have keys: the same, so that nobody's name stays for ever. */
const names = async () =>
  (
    await lab.pool.query(`
      select array(select distinct value from correlation_key where attribute = '~name' order by 1) as compared,
             array(select distinct name from name_key order by 1) as keyed`)
  ).rows[0];

/**
 * Correlates what changed; then repeating it, and evaluating everything, must change nothing.
 * @param most as if most had changed
 */
async function correlateWell(most = false): Promise<void> {
  const byHand = await held();
  await (most ? lab.correlateMost() : lab.correlate());
  expect(await held()).toEqual(byHand);
  const refused = await lab.pool.query(
    `select from person_link l join person_link_denial d using (object_id, person_id) where not l.manual`,
  );
  expect(refused.rowCount).toBe(0);
  const { compared, keyed } = await names();
  expect(keyed).toEqual(compared);
  await expectPersonsCounted(lab.pool);
  const before = await stored();
  expect(await lab.correlate()).toEqual(NOTHING);
  expect(await stored()).toEqual(before);
  const { cases } = await lab.outcome();
  expect(await lab.correlateEverything()).toEqual(NOTHING);
  expect((await lab.outcome()).cases).toEqual(cases);
  expect(await stored()).toEqual(before);
}

/** What a database comes to that has the same accounts and decisions, and has never been correlated. */
async function fromTheBeginning() {
  await lab.pool.query(`
    delete from person_link l using directory_object o
    where o.id = l.object_id and not l.manual and (o.removed_at is null or o.object_class <> 'user');
    delete from correlation_case where status = 'open'`);
  await lab.correlateEverything();
  return lab.outcome();
}

/** Which accounts belong together after they arrived in this order, `batches` after each of which is correlated. */
async function arrive(
  accounts: Arrival[],
  {
    order,
    batches,
    otherwise,
  }: { order: number[]; batches: Set<number>; otherwise: Map<number, AccountKeys> },
) {
  const story = await startStory(lab, () => correlateWell());
  for (const [position, index] of order.entries()) {
    const account = accounts[index] as Arrival;
    const came = otherwise.get(index) ?? account.keys;
    await story.play({ do: 'arrive', account: { ...account, keys: came } }, `account ${index}`);
    if (batches.has(position)) await lab.correlate();
  }
  await lab.correlate();
  for (const [index, { keys }] of accounts.entries())
    if (otherwise.has(index)) {
      await story.play({ do: 'change', account: order.indexOf(index), keys });
      await lab.correlate();
    }
  await correlateWell();
  return lab.outcome();
}

/** Who finds his person through others, by each kind of value; in this order everybody comes too early. */
const CHAIN: Arrival[] = [
  { connection: 3, keys: { accountName: 'ann' } },
  { connection: 2, keys: { email: 'a@x', accountName: 'ann' } },
  { connection: 3, keys: { givenName: 'Bob', surname: 'Stone' } },
  { connection: 1, keys: { employeeId: '1', email: 'a@x' } },
  { connection: 2, keys: { employeeId: '2', accountName: 'bob', givenName: 'Bob', surname: 'Stone' } },
  { connection: 3, keys: { email: 'b@x', employeeId: '3' } },
  { connection: 0, keys: { employeeId: '1' } },
  { connection: 1, keys: { email: 'b@x' } },
  { connection: 0, keys: { employeeId: '2', email: 'b@x' } },
];

test('those who find their person through others find it in whichever order they come', async () => {
  const order = [...CHAIN.keys()];
  const ways = [
    { order, batches: new Set<number>(), otherwise: new Map() },
    { order, batches: new Set(order), otherwise: new Map() },
    {
      order: [...order].reverse(),
      batches: new Set([1, 4, 5]),
      otherwise: new Map([[6, { employeeId: '3' }]]),
    },
  ];
  for (const way of ways)
    expect(await arrive(CHAIN, way)).toEqual({
      persons: [
        ['account 0', 'account 1', 'account 3', 'account 6'],
        ['account 4', 'account 7', 'account 8'],
      ],
      // Both are of one connection, and come to the second person by different values.
      cases: { 'account 2': 'recycled_value', 'account 5': 'recycled_value' },
    });
});

test(
  'whatever the order and the batches, the same accounts become one person',
  async () => {
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
        async ({ accounts, ...arriving }) => {
          const order = [...accounts.keys()];
          const atOnce = await arrive(accounts, { order, batches: new Set(), otherwise: new Map() });
          expect(await arrive(accounts, arriving)).toEqual(atOnce);
        },
      ),
      { numRuns: STORIES, endOnFailure: true },
    );
  },
  LONG,
);

/** @param turns of the correlations, which are as if most had changed; those that follow are as the first ones were */
async function playWell(steps: Step[], turns: boolean[]): Promise<void> {
  let turn = 0;
  const next = () => correlateWell(turns[turn++ % turns.length]);
  const story = await startStory(lab, next);
  for (const step of steps) await story.play(step);
  await next();
}

const turns = fc.array(fc.boolean(), { minLength: 1, maxLength: 4 });

test.each([
  [
    'accounts that come, change, and stop being accounts come to what all of them come to at once',
    sourceSteps,
  ],
  ['what people decide holds, and the rest follows from it and from the accounts', decidedSteps],
])(
  '%s',
  async (_what, story) => {
    await fc.assert(
      fc.asyncProperty(story, turns, async (steps, most) => {
        await playWell(steps, most);
        const outcome = await lab.outcome();
        expect(await fromTheBeginning()).toEqual(outcome);
      }),
      { numRuns: STORIES, endOnFailure: true },
    );
  },
  LONG,
);

test(
  'with rules that change between, a run that repeats and one of everything change nothing',
  async () => {
    await fc.assert(fc.asyncProperty(allSteps, turns, playWell), { numRuns: STORIES, endOnFailure: true });
  },
  LONG,
);
