// Correlation: the cases that wait for a decision, and the rules.
import { initServer } from '@ts-rest/express';
import type { Request, Response } from 'express';
import type pg from 'pg';
import type { z } from 'zod';
import { correlationCaseSchema, type ruleSetBody } from '../../contracts/correlation.ts';
import { contract } from '../../contracts/index.ts';
import { deleteRuleSet, readRuleSet, saveRuleSet } from '../../database/queries/correlation/rule-sets.ts';
import { getProject } from '../../database/queries/list-projects.ts';
import { keepProject } from '../../database/queries/lock-project.ts';
import { getCase, listCases, resolveCase } from '../../database/queries/persons/correlation-cases.ts';
import { type CorrelationRuleSet, DEFAULT_RULE_SET } from '../../domain/correlation/rules.ts';
import { decide } from '../decide.ts';
import { requireMatch, sendTag } from '../http/entity-tag.ts';
import { orNotFound, type RouteDeps } from './route-dependencies.ts';

const CASE = 'Correlation case';
const PROJECT = 'Sync project';

export function correlationRoutes(deps: RouteDeps) {
  return initServer().router(contract.correlation, { ...caseRoutes(deps), ...ruleRoutes(deps) });
}

function caseRoutes(deps: RouteDeps) {
  const { pool } = deps.database;
  const { cases, resolveCase: resolve } = contract.correlation;
  return initServer().router(
    { cases, resolveCase: resolve },
    {
      cases: (input) =>
        deps.respondWithList(input, {
          defaultSort: 'createdAt',
          rowSchema: correlationCaseSchema,
          fileName: 'correlation-cases',
          read: (page) => listCases(pool, input.query, page),
        }),
      resolveCase: async ({ req, params, body }) => {
        const { id } = params;
        const found = await decide(deps, req as unknown as Request, (client, by) =>
          resolveCase(client, id, { personId: body.personId ?? null, by }),
        );
        orNotFound(found || undefined, CASE, id);
        return { status: 200, body: { data: orNotFound(await getCase(pool, id), CASE, id) } };
      },
    },
  );
}

function ruleRoutes(deps: RouteDeps) {
  const { pool } = deps.database;
  const { rules, saveRules, projectRules, saveProjectRules, deleteProjectRules } = contract.correlation;
  const existing = async (id: string) => orNotFound(await getProject(pool, id), PROJECT, id);
  const kept = async (client: pg.PoolClient, id: string) =>
    orNotFound((await keepProject(client, id)) || undefined, PROJECT, id);
  const shown = async (projectId: string | null, response: Response) => {
    const { id, ...rules } = await readRuleSet(pool, projectId);
    sendTag(response, tagOf(id));
    return { status: 200 as const, body: { data: rules } };
  };
  const requireRules = async (client: pg.PoolClient, request: Request, projectId: string | null) =>
    requireMatch(request, tagOf((await readRuleSet(client, projectId)).id));
  const save = async (
    { req, res, body }: { req: unknown; res: Response; body: z.output<typeof ruleSetBody> },
    projectId: string | null,
  ) => {
    const request = req as Request;
    await decide(
      deps,
      request,
      async (client) => {
        await requireRules(client, request, projectId);
        await saveRuleSet(client, projectId, completed(body));
      },
      projectId === null ? undefined : (client) => kept(client, projectId),
    );
    return shown(projectId, res);
  };
  return initServer().router(
    { rules, saveRules, projectRules, saveProjectRules, deleteProjectRules },
    {
      rules: ({ res }) => shown(null, res),
      saveRules: (input) => save(input, null),
      projectRules: async ({ params, res }) => {
        await existing(params.id);
        return shown(params.id, res);
      },
      saveProjectRules: (input) => save(input, input.params.id),
      deleteProjectRules: async ({ req, params }) => {
        await existing(params.id);
        const request = req as unknown as Request;
        const deleted = await decide(deps, request, async (client) => {
          await requireRules(client, request, params.id);
          return deleteRuleSet(client, params.id);
        });
        orNotFound(deleted || undefined, 'Rules of its own for the sync project', params.id);
        return { status: 204, body: undefined };
      },
    },
  );
}

function tagOf(ruleSetId: string | null): string {
  return ruleSetId?.replaceAll('-', '') ?? 'delivered';
}

/** With the defaults for what was left out. */
function completed({
  rules,
  linkThreshold,
  reviewThreshold,
}: z.output<typeof ruleSetBody>): CorrelationRuleSet {
  return {
    rules: rules.map((rule) =>
      rule.type === 'exact' ? { ...rule, several: rule.several ?? rule.attribute === 'employeeId' } : rule,
    ),
    linkThreshold: linkThreshold ?? DEFAULT_RULE_SET.linkThreshold,
    reviewThreshold: reviewThreshold ?? DEFAULT_RULE_SET.reviewThreshold,
  };
}
