// The rules and the ranks of connections as temporary tables, for the statements of one correlation.
import type pg from 'pg';
import { type CorrelationRuleSet, DEFAULT_RULE_SET } from '../../../domain/correlation/rules.ts';
import { run, sql } from '../../sql.ts';
import { NAME_KEY } from './correlation-keys.ts';

interface StoredRuleSet extends CorrelationRuleSet {
  projectId: string | null;
}

/** Makes `rule_set` and `rule`; the set of all projects is named by the project id null. */
export async function createRules(client: pg.PoolClient): Promise<void> {
  await client.query(`
    create temp table rule_set (number integer primary key, project_id uuid, link integer, review integer)
      on commit drop;
    create temp table rule (set_number integer, ordinal integer, name text, attribute text, several boolean)
      on commit drop`);
  const stored = await run<StoredRuleSet>(
    client,
    sql`
      select project_id as "projectId", rules, link_threshold as "linkThreshold",
             review_threshold as "reviewThreshold" from correlation_rule_set order by project_id nulls first`,
  );
  const ofAll = stored.some((set) => set.projectId === null)
    ? []
    : [{ ...DEFAULT_RULE_SET, projectId: null }];
  for (const [number, set] of [...ofAll, ...stored].entries()) await insertSet(client, number, set);
}

async function insertSet(client: pg.PoolClient, number: number, set: StoredRuleSet): Promise<void> {
  await run(
    client,
    sql`insert into rule_set values (${number}, ${set.projectId}, ${set.linkThreshold}, ${set.reviewThreshold})`,
  );
  for (const [ordinal, rule] of set.rules.entries()) {
    const attribute = rule.type === 'exact' ? rule.attribute : NAME_KEY;
    // A similar name is no more than that: of two accounts that have it, a person decides.
    const several = rule.type === 'exact' && rule.several;
    await run(
      client,
      sql`insert into rule values (${number}, ${ordinal}, ${rule.name}, ${attribute}, ${several})`,
    );
  }
}

/**
 * Makes `connection_rank`: authoritative connections by the priority of their profiles, then the others by id.
 * @returns the ranks in order
 */
export async function createRanks(client: pg.PoolClient): Promise<number[]> {
  await client.query(`
    create temp table connection_rank on commit drop as
    select c.id as connection_id, (row_number() over (order by p.priority nulls last, c.id))::int as rank
    from connection c
    left join (select connection_id, min(priority) as priority from identity_profile where enabled
               group by connection_id) p on p.connection_id = c.id`);
  const rows = await run<{ rank: number }>(client, sql`select rank from connection_rank order by rank`);
  return rows.map(({ rank }) => rank);
}
