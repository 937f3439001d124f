// Correlation: its rules, and the accounts that wait for a person to decide whom they belong to.
import { initContract } from '@ts-rest/core';
import { z } from 'zod';
import { BY_HAND, DEFAULT_RULE_SET, KEY_FIELDS, OWN_PERSON } from '../domain/correlation/rules.ts';
import {
  bodyFailures,
  conflict,
  failures,
  id,
  idParams,
  list,
  listQuery,
  name,
  notFound,
  single,
  stale,
  text,
  time,
} from './schemas.ts';

const c = initContract();

export const CASE_REASONS = ['several_persons', 'shared_value', 'recycled_value', 'similar_name'] as const;
export const CASE_STATUSES = ['open', 'resolved'] as const;
export const CASE_ACTIONS = ['link', 'new-person'] as const;

export const correlationCaseSchema = z
  .object({
    id,
    objectId: id,
    objectName: z.string(),
    connectionId: id,
    reason: z.enum(CASE_REASONS),
    candidates: z.array(
      z.object({ personId: id, displayName: z.string(), rule: z.string(), confidence: z.number().int() }),
    ),
    status: z.enum(CASE_STATUSES),
    resolution: z
      .object({ action: z.enum([...CASE_ACTIONS, 'settled']), personId: id.nullable() })
      .nullable()
      .meta({ description: '`settled`: what the sources say decided it since.' }),
    resolvedBy: z.string().nullable().meta({ description: 'Null where a run settled it.' }),
    resolvedAt: time.nullable(),
    runId: id.nullable(),
    createdAt: time,
  })
  .meta({ title: 'CorrelationCase' });

const ruleName = name
  .refine((given) => given !== OWN_PERSON && given !== BY_HAND, {
    message: `must not be '${OWN_PERSON}' or '${BY_HAND}', which links have that no rule made`,
  })
  .meta({ description: 'Links name it.' });

const ruleInput = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('exact'),
    name: ruleName,
    attribute: text(200)
      .regex(/^[^~\s](.*\S)?$/u, 'must not be empty, have space at its ends, or begin with ~')
      .meta({
        description: `${Object.keys(KEY_FIELDS).join(', ')}, or an attribute as its source names it.`,
      }),
    several: z.boolean().optional().meta({
      description:
        'Whether accounts of one connection that share a value may belong to one person; where they may not, they become cases. Default: for `employeeId` alone.',
    }),
  }),
  z.strictObject({ type: z.literal('similarName'), name: ruleName }),
]);

const threshold = z.number().int().min(1).max(100);

/** The whole set; it replaces the one before. */
export const ruleSetBody = z
  .strictObject({
    rules: z.array(ruleInput).max(20),
    linkThreshold: threshold.optional().meta({
      description: `Confidence from which a similar name links. Default: ${DEFAULT_RULE_SET.linkThreshold}.`,
    }),
    reviewThreshold: threshold.optional().meta({
      description: `Confidence from which a person is asked. Default: ${DEFAULT_RULE_SET.reviewThreshold}.`,
    }),
  })
  .superRefine((body, context) => {
    for (const [index, rule] of body.rules.entries())
      for (const { field, message } of misplaced(body.rules, index, rule))
        context.addIssue({ code: 'custom', path: ['rules', index, field], message });
    const { linkThreshold, reviewThreshold } = { ...DEFAULT_RULE_SET, ...body };
    if (reviewThreshold > linkThreshold && linkThreshold >= 1)
      context.addIssue({
        code: 'custom',
        path: ['reviewThreshold'],
        message: `must not be above linkThreshold: ${reviewThreshold} is, ${linkThreshold} being that`,
      });
  });

/** What is wrong with a rule where it stands. */
function misplaced(
  rules: { type: string; name: string }[],
  index: number,
  rule: { type: string; name: string },
) {
  const problems: { field: string; message: string }[] = [];
  if (rules.findIndex((other) => other.name === rule.name) < index)
    problems.push({ field: 'name', message: `there is a rule named '${rule.name}' before this one already` });
  if (rule.type === 'similarName' && index < rules.length - 1)
    problems.push({
      field: 'type',
      message: 'similarName must be the last rule: names are compared where no value has found anybody',
    });
  return problems;
}

export const ruleSetSchema = z
  .object({
    scope: z.enum(['global', 'project']).meta({
      description: '`global` for a project that has no rules of its own.',
    }),
    rules: z.array(
      z.discriminatedUnion('type', [
        z.object({ type: z.literal('exact'), name: z.string(), attribute: z.string(), several: z.boolean() }),
        z.object({ type: z.literal('similarName'), name: z.string() }),
      ]),
    ),
    linkThreshold: z.number().int(),
    reviewThreshold: z.number().int(),
    version: z.number().int().meta({ description: 'Raised by each change; 0: as they were delivered.' }),
    updatedAt: time.nullable(),
  })
  .meta({ title: 'CorrelationRules' });

const readRules = {
  method: 'GET',
  metadata: { scope: 'correlation:read', entityTag: true },
  query: z.strictObject({}),
} as const;
const saveRules = {
  method: 'PUT',
  description:
    'Accounts that wait for a decision, and those of persons without an authoritative account, are evaluated anew.',
  metadata: { scope: 'correlation:write', entityTag: true },
  query: z.strictObject({}),
  body: ruleSetBody,
} as const;

export const correlationContract = c.router(
  {
    cases: {
      method: 'GET',
      path: '/persons/correlation-cases',
      summary: 'Accounts of which a person has to say whom they belong to',
      metadata: { scope: 'persons:read' },
      query: listQuery(['createdAt', 'resolvedAt', 'reason'], {
        status: z
          .enum([...CASE_STATUSES, 'all'])
          .optional()
          .meta({ default: 'open' }),
        reason: z.enum(CASE_REASONS).optional(),
        connectionId: id.optional(),
      }),
      responses: { 200: list(correlationCaseSchema) },
    },
    resolveCase: {
      method: 'POST',
      path: '/persons/correlation-cases/:id/resolve',
      summary: 'Link the account to a person, or make a new person of it',
      description: 'No run undoes it. 409 for a case that is resolved.',
      metadata: { scope: 'persons:write' },
      pathParams: idParams,
      query: z.strictObject({}),
      body: z
        .strictObject({
          action: z.enum(CASE_ACTIONS),
          personId: id.optional().meta({ description: 'Whom to link to: a candidate, or any other person.' }),
        })
        .refine((body) => (body.action === 'link') === (body.personId !== undefined), {
          path: ['personId'],
          message: 'is required with the action `link`, and goes with no other',
        }),
      responses: { 200: single(correlationCaseSchema), ...notFound, ...conflict, ...bodyFailures },
    },
    rules: {
      ...readRules,
      path: '/correlation-rules',
      summary: 'The rules that hold where a project has none of its own',
      responses: { 200: single(ruleSetSchema) },
    },
    saveRules: {
      ...saveRules,
      path: '/correlation-rules',
      summary: 'Replace the rules that hold where a project has none of its own',
      responses: { 200: single(ruleSetSchema), ...stale, ...bodyFailures },
    },
    projectRules: {
      ...readRules,
      path: '/sync/projects/:id/correlation-rules',
      summary: "The rules for a project's accounts: its own, or those of all",
      pathParams: idParams,
      responses: { 200: single(ruleSetSchema), ...notFound },
    },
    saveProjectRules: {
      ...saveRules,
      path: '/sync/projects/:id/correlation-rules',
      summary: 'Give a project rules of its own, or replace them',
      pathParams: idParams,
      responses: { 200: single(ruleSetSchema), ...notFound, ...stale, ...bodyFailures },
    },
    deleteProjectRules: {
      method: 'DELETE',
      path: '/sync/projects/:id/correlation-rules',
      summary: "Delete a project's own rules; those of all hold for it then",
      metadata: { scope: 'correlation:write', entityTag: true },
      pathParams: idParams,
      query: z.strictObject({}),
      responses: { 204: c.noBody(), ...notFound, ...stale },
    },
  },
  { commonResponses: failures },
);
