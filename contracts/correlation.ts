// Correlation: the accounts that wait for a person to decide whom they belong to.
import { initContract } from '@ts-rest/core';
import { z } from 'zod';
import {
  bodyFailures,
  conflict,
  failures,
  id,
  idParams,
  list,
  listQuery,
  notFound,
  single,
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
  },
  { commonResponses: failures },
);
