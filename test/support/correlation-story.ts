// Plays what sources, rules and people may do between correlations, in whatever order a test makes up.
import fc from 'fast-check';
import type pg from 'pg';
import { askForEverything } from '../../database/queries/correlation/correlation-state.ts';
import { lockCorrelation } from '../../database/queries/correlation/lock.ts';
import { saveRuleSet } from '../../database/queries/correlation/rule-sets.ts';
import { resolveCase } from '../../database/queries/persons/correlation-cases.ts';
import {
  linkAccount,
  mergePersons,
  splitPerson,
  unlinkAccount,
} from '../../database/queries/persons/decisions.ts';
import { transaction } from '../../database/sql.ts';
import { type CorrelationRuleSet, DEFAULT_RULE_SET } from '../../domain/correlation/rules.ts';
import type { AccountKeys, CorrelationLab } from './correlation-lab.ts';

/** In their ranks' order at first; some of them are authorities. */
export const CONNECTIONS = ['HR', 'Contractors', 'Directory', 'Mail'] as const;

export interface Arrival {
  connection: number;
  keys: AccountKeys;
}

const few = (values: string[]) => fc.option(fc.constantFrom(...values), { nil: null, freq: 2 });
export const keys: fc.Arbitrary<AccountKeys> = fc.record({
  employeeId: few(['1', '2', '3']),
  email: few(['a@x', 'b@x', 'c@x']),
  accountName: few(['ann', 'bob']),
  givenName: fc.constantFrom('Ann', 'Anna', 'Bob'),
  surname: fc.constantFrom('Lee', 'Leigh', 'Stone'),
});
export const arrival: fc.Arbitrary<Arrival> = fc.record({ connection: fc.nat(CONNECTIONS.length - 1), keys });

/** Sets that find other persons than the one before. */
const RULE_SETS: CorrelationRuleSet[] = [
  DEFAULT_RULE_SET,
  { ...DEFAULT_RULE_SET, rules: DEFAULT_RULE_SET.rules.filter(({ name }) => name !== 'Email') },
  {
    rules: [{ type: 'exact', name: 'Mail', attribute: 'email', several: true }],
    linkThreshold: 80,
    reviewThreshold: 60,
  },
  { ...DEFAULT_RULE_SET, linkThreshold: 70, reviewThreshold: 60 },
];

/** Numbers name accounts and persons by their place among those there are; what is not possible is left out. */
export type Step =
  | { do: 'arrive'; account: Arrival }
  | { do: 'change'; account: number; keys: AccountKeys }
  | { do: 'remove' | 'return' | 'leave class' | 'enter class'; account: number }
  | { do: 'correlate' }
  | { do: 'rules'; set: number }
  | { do: 'priority'; priority: number }
  | { do: 'link' | 'merge'; account: number; other: number }
  | { do: 'unlink' | 'split'; account: number }
  | { do: 'resolve'; number: number; link: boolean };

const many = fc.nat(11);
const SOURCE_STEPS: fc.WeightedArbitrary<Step>[] = [
  { weight: 6, arbitrary: fc.record({ do: fc.constant('arrive' as const), account: arrival }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('change' as const), account: many, keys }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('leave class' as const, 'enter class' as const),
      account: many,
    }),
  },
  { weight: 6, arbitrary: fc.constant({ do: 'correlate' as const }) },
];
const REMOVALS: fc.WeightedArbitrary<Step> = {
  weight: 3,
  arbitrary: fc.record({ do: fc.constantFrom('remove' as const, 'return' as const), account: many }),
};
const OTHER_STEPS: fc.WeightedArbitrary<Step>[] = [
  REMOVALS,
  { weight: 1, arbitrary: fc.record({ do: fc.constant('priority' as const), priority: fc.nat(4) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('link' as const, 'merge' as const),
      account: many,
      other: many,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom('unlink' as const, 'split' as const), account: many }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('resolve' as const), number: fc.nat(3), link: fc.boolean() }),
  },
];
const RULES: fc.WeightedArbitrary<Step> = {
  weight: 2,
  arbitrary: fc.record({ do: fc.constant('rules' as const), set: fc.nat(RULE_SETS.length - 1) }),
};

/** What sources do and nothing else decides: accounts that come, change, and stop and start to be accounts. */
export const sourceSteps = fc.array(fc.oneof(...SOURCE_STEPS), { minLength: 4, maxLength: 18 });
/** With removals, ranks that change and what people decide. */
export const decidedSteps = fc.array(fc.oneof(...SOURCE_STEPS, ...OTHER_STEPS), {
  minLength: 6,
  maxLength: 18,
});
/** And with rules that change. */
export const allSteps = fc.array(fc.oneof(...SOURCE_STEPS, ...OTHER_STEPS, RULES), {
  minLength: 6,
  maxLength: 18,
});

export interface Story {
  /** @param name what an account that arrives is called */
  play(step: Step, name?: string): Promise<void>;
}

/** @param atCorrelation what is done where a step asks for a correlation */
export async function startStory(lab: CorrelationLab, atCorrelation: () => Promise<void>): Promise<Story> {
  await lab.empty();
  const connections = [await lab.connection('HR', 1), await lab.connection('Contractors', 2)];
  connections.push(await lab.connection('Directory'), await lab.connection('Mail'));
  const accounts: string[] = [];
  const account = (number: number) => accounts[number % accounts.length] as string;
  const decide = (work: (client: pg.PoolClient) => Promise<unknown>) =>
    transaction(lab.pool, async (client) => {
      await lockCorrelation(client);
      await work(client);
    });
  const by = 'somebody';

  /** A person's accounts; null without a person. */
  const personOf = async (number: number): Promise<{ personId: string; objectIds: string[] } | undefined> => {
    const { rows } = await lab.pool.query(
      `select m.person_id as "personId", array_agg(l.object_id::text order by l.object_id) as "objectIds"
       from person_link m join person_link l on l.person_id = m.person_id where m.object_id = $1 group by 1`,
      [account(number)],
    );
    return rows[0];
  };

  async function decideAbout(step: Extract<Step, { account: number }>): Promise<void> {
    const person = await personOf(step.account);
    if (step.do === 'link') {
      const { rows } = await lab.pool.query(`select object_class from directory_object where id = $1`, [
        account(step.other),
      ]);
      if (person && rows[0].object_class === 'user')
        await decide((client) => linkAccount(client, person.personId, { objectId: account(step.other), by }));
    } else if (step.do === 'merge') {
      const other = await personOf(step.other);
      if (person && other && person.personId !== other.personId)
        await decide((client) => mergePersons(client, person.personId, { otherId: other.personId, by }));
    } else if (person && person.objectIds.length > 1) {
      const objectId = account(step.account);
      await decide((client) =>
        step.do === 'unlink'
          ? unlinkAccount(client, person.personId, { objectId, by })
          : splitPerson(client, person.personId, {
              objectIds: person.objectIds.slice(0, Math.ceil(person.objectIds.length / 2)),
              by,
            }).catch(ignoreConflict),
      );
    }
  }

  async function resolve({ number, link }: Extract<Step, { do: 'resolve' }>): Promise<void> {
    const { rows } = await lab.pool.query(
      `select id, candidates -> 0 ->> 'personId' as "personId" from correlation_case where status = 'open' order by id`,
    );
    const chosen = rows[number % Math.max(1, rows.length)];
    if (!chosen) return;
    const known = await lab.pool.query('select from person where id = $1 and dissolved_at is null', [
      chosen.personId,
    ]);
    await decide((client) =>
      resolveCase(client, chosen.id, { personId: link && known.rowCount ? chosen.personId : null, by }),
    );
  }

  return {
    async play(step, given) {
      if (step.do === 'correlate') return atCorrelation();
      if (step.do === 'arrive') {
        const { connection, keys } = step.account;
        const name = given ?? `${CONNECTIONS[connection]} ${accounts.length}`;
        accounts.push(await lab.account(connections[connection] as string, name, keys));
        return;
      }
      if (step.do === 'rules')
        return decide((client) =>
          saveRuleSet(client, null, RULE_SETS[step.set] as CorrelationRuleSet),
        ) as Promise<void>;
      if (step.do === 'priority') {
        await lab.pool.query(`update identity_profile set priority = $1 where name = 'HR'`, [step.priority]);
        return askForEverything(lab.pool);
      }
      if (step.do === 'resolve') return resolve(step);
      if (accounts.length === 0) return;
      if (step.do === 'change') return lab.change(account(step.account), step.keys);
      if (step.do === 'remove' || step.do === 'return')
        return lab.change(account(step.account), { removed: step.do === 'remove' });
      // A source tells the class of what it has.
      if (step.do === 'leave class' || step.do === 'enter class')
        return lab.change(account(step.account), {
          objectClass: step.do === 'leave class' ? 'contact' : 'user',
          removed: false,
        });
      return decideAbout(step);
    },
  };
}

function ignoreConflict(error: unknown): void {
  if ((error as { code?: unknown }).code !== 'conflict') throw error;
}
