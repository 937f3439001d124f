// Reads and saves the rules of correlation: one set for all, and a project's own instead of it.
import type pg from 'pg';
import { type CorrelationRuleSet, DEFAULT_RULE_SET, OWN_PERSON } from '../../../domain/correlation/rules.ts';
import { type Queryable, run, sql } from '../../sql.ts';
import { readRow } from '../read-rows.ts';
import { addKeys, dropKeys } from './correlation-keys.ts';
import { keyAttribute, readRuleSets } from './rule-tables.ts';

export interface RuleSetRow extends CorrelationRuleSet {
  scope: 'global' | 'project';
  version: number;
  updatedAt: string | null;
  /** Each change makes another; null: as they were delivered. */
  id: string | null;
}

/** The set that holds for a project's accounts, or, for null, for all others. The table has a row a set. */
export async function readRuleSet(on: Queryable, projectId: string | null): Promise<RuleSetRow> {
  const stored = await readRow<RuleSetRow>(
    on,
    sql`
      select id, case when project_id is null then 'global' else 'project' end as scope, rules,
        link_threshold as "linkThreshold", review_threshold as "reviewThreshold", version, updated_at as "updatedAt"
      from correlation_rule_set where retired_at is null and (project_id is null or project_id = ${projectId}::uuid)
      order by project_id nulls last limit 1`,
  );
  return stored ?? { ...DEFAULT_RULE_SET, scope: 'global', version: 0, updatedAt: null, id: null };
}

/** Needs the project to be kept, and the correlation's lock. What is as it was stays untouched, its version too. */
export function saveRuleSet(
  client: pg.PoolClient,
  projectId: string | null,
  set: CorrelationRuleSet,
): Promise<void> {
  return changeRules(client, projectId, async () => {
    const before = await readRuleSet(client, projectId);
    const isOwn = before.scope === (projectId === null ? 'global' : 'project');
    if (isOwn && before.version > 0 && sameRules(before, set)) return false;
    await retire(client, projectId);
    await run(
      client,
      sql`
        insert into correlation_rule_set (project_id, rules, link_threshold, review_threshold, version)
        values (${projectId}::uuid, ${JSON.stringify(set.rules)}::jsonb, ${set.linkThreshold}, ${set.reviewThreshold},
                ${isOwn ? before.version + 1 : 1})`,
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
    deleted = await retire(client, projectId);
    return deleted;
  });
  return deleted;
}

/** Served by correlation_rule_set_present. @returns whether there was such a set */
async function retire(client: pg.PoolClient, projectId: string | null): Promise<boolean> {
  const retired = await run(
    client,
    sql`
      update correlation_rule_set set retired_at = now()
      where project_id is not distinct from ${projectId}::uuid and retired_at is null returning 1`,
  );
  return retired.length > 0;
}

/** @param change answers whether it changed anything */
async function changeRules(
  client: pg.PoolClient,
  projectId: string | null,
  change: () => Promise<boolean>,
): Promise<void> {
  const before = await comparedAttributes(client);
  if (!(await change())) return;
  await evaluateUnlinked(client, projectId);
  await forgetUnused(client);
  const after = await comparedAttributes(client);
  const left = [...before].filter((attribute) => !after.has(attribute));
  if (left.length > 0) await dropKeys(client, left);
  const added = [...after].filter((attribute) => !before.has(attribute));
  if (added.length > 0) await addKeys(client, added);
}

async function comparedAttributes(client: pg.PoolClient): Promise<Set<string>> {
  return new Set((await readRuleSets(client)).flatMap(({ rules }) => rules.map(keyAttribute)));
}

/** Sets that were replaced and made no link that still stands; person_link is read once. */
async function forgetUnused(client: pg.PoolClient): Promise<void> {
  await run(
    client,
    sql`
      delete from correlation_rule_set s
      where s.retired_at is not null
        and not exists (select from person_link l where l.rule_set_id = s.id)
        and not exists (select from correlation_case c where c.rule_set_id = s.id and c.status = 'open')`,
  );
}

/**
 * Leaves what is unlinked for the next correlation: accounts that wait for a decision, and those that are persons of
 * their own. Whom a rule linked, it goes on linking until a value of the account changes. correlation_case_open and
 * person_link serve it; of a project's accounts object_scope's key too.
 */
async function evaluateUnlinked(client: pg.PoolClient, projectId: string | null): Promise<void> {
  const ofProject = sql`
    exists (select from object_scope s join sync_project p on p.id = s.project_id
            where s.object_id = u.object_id and s.connection_id = u.connection_id
              and p.id = ${projectId}::uuid and p.connection_id = u.connection_id)`;
  const concerned = projectId === null ? sql`true` : ofProject;
  await run(
    client,
    sql`
      update correlation_case u set rule_set_id = null
      where u.status = 'open' and u.rule_set_id is not null and ${concerned}`,
  );
  await run(
    client,
    sql`
      insert into correlation_dirty
      select u.object_id from (
        select object_id, connection_id from correlation_case where status = 'open'
        union
        select object_id, connection_id from person_link where not manual and rule = ${OWN_PERSON}) u
      where ${concerned}
      order by 1 on conflict do nothing`,
  );
}
