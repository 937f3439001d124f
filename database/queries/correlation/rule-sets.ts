// Reads and saves the rules of correlation: one set for all, and a project's own instead of it.
import type pg from 'pg';
import { type CorrelationRuleSet, DEFAULT_RULE_SET } from '../../../domain/correlation/rules.ts';
import { type Queryable, run, runOne, sql } from '../../sql.ts';
import { readRow } from '../read-rows.ts';
import { addKeys, NAME_KEY } from './correlation-keys.ts';

export interface RuleSetRow extends CorrelationRuleSet {
  scope: 'global' | 'project';
  version: number;
  updatedAt: string | null;
}

/** The set that holds for a project's accounts, or, for null, for all others. The table has a row a set. */
export async function readRuleSet(on: Queryable, projectId: string | null): Promise<RuleSetRow> {
  const stored = await readRow<RuleSetRow>(
    on,
    sql`
      select case when project_id is null then 'global' else 'project' end as scope, rules,
        link_threshold as "linkThreshold", review_threshold as "reviewThreshold", version, updated_at as "updatedAt"
      from correlation_rule_set where project_id is null or project_id = ${projectId}::uuid
      order by project_id nulls last limit 1`,
  );
  return stored ?? { ...DEFAULT_RULE_SET, scope: 'global', version: 0, updatedAt: null };
}

/** Needs the correlation's lock. What is as it was stays untouched, its version too. */
export function saveRuleSet(
  client: pg.PoolClient,
  projectId: string | null,
  set: CorrelationRuleSet,
): Promise<void> {
  return changeRules(client, projectId, async () => {
    const before = await readRuleSet(client, projectId);
    const isOwn = before.scope === (projectId === null ? 'global' : 'project');
    if (isOwn && before.version > 0 && sameRules(before, set)) return false;
    await run(
      client,
      sql`
        insert into correlation_rule_set (project_id, rules, link_threshold, review_threshold)
        values (${projectId}::uuid, ${JSON.stringify(set.rules)}::jsonb, ${set.linkThreshold}, ${set.reviewThreshold})
        on conflict (project_id) do update set rules = excluded.rules, link_threshold = excluded.link_threshold,
          review_threshold = excluded.review_threshold, version = correlation_rule_set.version + 1, updated_at = now()`,
    );
    return true;
  });
}

function sameRules(one: CorrelationRuleSet, other: CorrelationRuleSet): boolean {
  const text = ({ rules, linkThreshold, reviewThreshold }: CorrelationRuleSet) =>
    JSON.stringify([
      linkThreshold,
      reviewThreshold,
      rules.map((rule) =>
        rule.type === 'exact' ? [rule.type, rule.name, rule.attribute, rule.several] : [rule.type, rule.name],
      ),
    ]);
  return text(one) === text(other);
}

/** Needs the correlation's lock. @returns whether the project had rules of its own */
export async function deleteRuleSet(client: pg.PoolClient, projectId: string): Promise<boolean> {
  let deleted = false;
  await changeRules(client, projectId, async () => {
    const row = await runOne(
      client,
      sql`delete from correlation_rule_set where project_id = ${projectId}::uuid returning id`,
    );
    deleted = row !== undefined;
    return deleted;
  });
  return deleted;
}

/** @param change answers whether it changed anything */
async function changeRules(
  client: pg.PoolClient,
  projectId: string | null,
  change: () => Promise<boolean>,
): Promise<void> {
  const before = await comparedAttributes(client);
  if (!(await change())) return;
  const added = [...(await comparedAttributes(client))].filter((attribute) => !before.has(attribute));
  const state = await runOne<{ everything: boolean }>(client, sql`select everything from correlation_state`);
  // When everything is to be evaluated, all keys are made anew.
  if (state?.everything) return;
  if (added.length > 0) await addKeys(client, added);
  await evaluateUnlinked(client, projectId);
}

async function comparedAttributes(client: pg.PoolClient): Promise<Set<string>> {
  const stored = await run<CorrelationRuleSet & { projectId: string | null }>(
    client,
    sql`select project_id as "projectId", rules from correlation_rule_set`,
  );
  const sets = stored.some(({ projectId }) => projectId === null) ? stored : [DEFAULT_RULE_SET, ...stored];
  return new Set(
    sets.flatMap(({ rules }) => rules.map((rule) => (rule.type === 'exact' ? rule.attribute : NAME_KEY))),
  );
}

/**
 * Leaves what is unlinked for the next correlation: accounts that wait for a decision, and those of persons without an
 * account on an authoritative connection. What is linked stays until it changes. correlation_case_open, person_link and
 * person_link_person serve it; of a project's accounts object_scope's key too.
 */
async function evaluateUnlinked(client: pg.PoolClient, projectId: string | null): Promise<void> {
  const ofProject = sql`
    exists (select from object_scope s join sync_project p on p.id = s.project_id
            where s.object_id = u.object_id and s.connection_id = u.connection_id
              and p.id = ${projectId}::uuid and p.connection_id = u.connection_id)`;
  await run(
    client,
    sql`
      insert into correlation_dirty
      select u.object_id from (
        select object_id, connection_id from correlation_case where status = 'open'
        union
        select l.object_id, l.connection_id from person_link l
        where not l.manual and not exists (
          select from person_link a join identity_profile i on i.connection_id = a.connection_id and i.enabled
          where a.person_id = l.person_id)) u
      where ${projectId === null ? sql`true` : ofProject}
      order by 1 on conflict do nothing`,
  );
}
