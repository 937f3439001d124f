// The rules and the ranks of connections as temporary tables, for the statements of one correlation.
import type pg from 'pg';
import {
  type CorrelationRule,
  type CorrelationRuleSet,
  DEFAULT_RULE_SET,
  DEFAULT_RULE_SET_ID,
  followedBy,
} from '../../../domain/correlation/rules.ts';
import { type Queryable, run, sql } from '../../sql.ts';
import { NAME_KEY } from './name-keys.ts';

export interface StoredRuleSet extends CorrelationRuleSet {
  id: string;
  projectId: string | null;
  /** It was replaced, and holds for what it linked alone. */
  retired: boolean;
}

/** All sets, those that hold where nobody said anything among them. The table has a row a set. */
export async function readRuleSets(on: Queryable): Promise<StoredRuleSet[]> {
  const stored = await run<StoredRuleSet>(
    on,
    sql`
      select id, project_id as "projectId", rules, link_threshold as "linkThreshold",
             review_threshold as "reviewThreshold", retired_at is not null as retired
      from correlation_rule_set order by project_id nulls first, id`,
  );
  const replaced = stored.some((set) => set.projectId === null && !set.retired);
  return [{ ...DEFAULT_RULE_SET, id: DEFAULT_RULE_SET_ID, projectId: null, retired: replaced }, ...stored];
}

/** What an attribute's values are kept under. */
export function keyAttribute(rule: CorrelationRule): string {
  return rule.type === 'exact' ? rule.attribute : NAME_KEY;
}

interface RuleRow {
  set_number: number;
  ordinal: number;
  set_id: string;
  name: string;
  attribute: string;
  several: boolean;
  link: number;
  review: number;
}

/**
 * Makes `rule_set`, the sets that hold now, where the project id null means all others; `rule`; and `rule_choice`: the
 * number under which an account that a replaced set linked finds its rules.
 */
export async function createRules(client: pg.PoolClient): Promise<void> {
  await client.query(`
    create temp table rule_set (number integer primary key, project_id uuid) on commit drop;
    create temp table rule_choice (present integer, earlier_id uuid, set_number integer, primary key (present, earlier_id))
      on commit drop;
    create temp table rule (set_number integer, ordinal integer, set_id uuid, name text, attribute text, several boolean,
      link smallint, review smallint) on commit drop`);
  const sets = await readRuleSets(client);
  const present = sets.filter(({ retired }) => !retired);
  const choices = sets
    .filter(({ retired }) => retired)
    .flatMap((earlier) => present.map((set, number) => ({ earlier, set, number })))
    .map((choice, index) => ({ ...choice, set_number: present.length + index }));
  const rules = [
    ...present.flatMap((set, number) => ruleRows(number, rulesOf(set))),
    ...choices.flatMap(({ set_number, earlier, set }) => ruleRows(set_number, followedBy(earlier, set))),
  ];
  await insertRows(
    client,
    'rule_set',
    present.map(({ projectId }, number) => ({ number, project_id: projectId })),
  );
  await insertRows(client, 'rule', rules);
  await insertRows(
    client,
    'rule_choice',
    choices.map(({ number, earlier, set_number }) => ({
      present: number,
      earlier_id: earlier.id,
      set_number,
    })),
  );
}

type RuleOfSet = { rule: CorrelationRule; set: StoredRuleSet };

function rulesOf(set: StoredRuleSet): RuleOfSet[] {
  return set.rules.map((rule) => ({ rule, set }));
}

function ruleRows(setNumber: number, rules: RuleOfSet[]): RuleRow[] {
  return rules.map(({ rule, set }, ordinal) => ({
    set_number: setNumber,
    ordinal,
    set_id: set.id,
    name: rule.name,
    attribute: keyAttribute(rule),
    // A similar name is no more than that: of two accounts that have it, a person decides.
    several: rule.type === 'exact' && rule.several,
    link: set.linkThreshold,
    review: set.reviewThreshold,
  }));
}

async function insertRows(client: pg.PoolClient, table: string, rows: object[]): Promise<void> {
  await run(
    client,
    sql`insert into ${sql.ref(table)}
        select * from jsonb_populate_recordset(null::${sql.ref(table)}, ${JSON.stringify(rows)}::jsonb)`,
  );
}

/**
 * Makes `connection_rank`: authoritative connections by the priority of their profiles, then the others by id.
 * @returns the connections in order
 */
export async function createRanks(client: pg.PoolClient): Promise<RankedConnection[]> {
  await client.query(`
    create temp table connection_rank on commit drop as
    select c.id as connection_id, (row_number() over (order by p.priority nulls last, c.id))::int as rank
    from connection c
    left join (select connection_id, min(priority) as priority from identity_profile where enabled
               group by connection_id) p on p.connection_id = c.id`);
  return run<RankedConnection>(
    client,
    sql`select rank, connection_id as "connectionId" from connection_rank order by rank`,
  );
}

/** A connection and its turn. */
export interface RankedConnection {
  rank: number;
  connectionId: string;
}
