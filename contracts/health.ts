// Health for monitoring tools, and the machine-readable contract; both open to all.
import { initContract } from '@ts-rest/core';
import { z } from 'zod';
import { errorSchema, publicFailures } from './schemas.ts';

const c = initContract();

const check = z.object({
  status: z.enum(['healthy', 'unhealthy']),
  message: z.string(),
  durationMs: z.number().int(),
});

const counted = z.object({ ...check.shape, count: z.number().int() });

export const healthSchema = z
  .object({
    status: z.enum(['healthy', 'degraded', 'unhealthy']),
    version: z.string(),
    uptimeSeconds: z.number().int(),
    checks: z.object({
      database: check,
      temporal: check,
      workers: check,
      pausedRuns: z
        .object({ ...check.shape, count: z.number().int(), oldestSeconds: z.number().int() })
        .meta({ description: 'Runs that wait for a person; they make nothing unhealthy by themselves.' }),
      failedProjects: counted.meta({
        description:
          'Projects that are enabled and whose last run failed; they make nothing unhealthy by themselves, `schedules` does when it lasts.',
      }),
      schedules: counted.meta({
        description: 'Projects that have not completed for longer than their schedule promises.',
      }),
      stalledRuns: counted.meta({ description: 'Open runs that nobody works on.' }),
      personRefresh: z
        .object({ ...check.shape, count: z.number().int(), oldestSeconds: z.number().int() })
        .meta({
          description:
            'Persons that wait for a refresh because something of them changed; unhealthy when one, or the refresh of a profile, has for half an hour.',
        }),
      notifications: counted.meta({
        description: 'Notifications that were refused twice or more, or given up within the last day.',
      }),
    }),
  })
  .meta({ title: 'Health' });

export const healthContract = c.router({
  health: {
    method: 'GET',
    path: '/health',
    summary: 'Whether the system works; answers within a second',
    description:
      'Without the envelope of other answers. 503 when the database is away; `degraded` (200) when Temporal or workers are, when a project misses its schedule, when nobody works on a run, when a person, or the refresh of a profile, has waited for half an hour, and when notifications are not taken: reads still work then.',
    metadata: { public: true },
    query: z.strictObject({}),
    responses: { 200: healthSchema, 503: healthSchema, 400: errorSchema, 500: errorSchema },
  },
  openapi: {
    method: 'GET',
    path: '/openapi.json',
    summary: 'This contract as an OpenAPI 3 document',
    metadata: { public: true },
    query: z.strictObject({}),
    responses: { 200: z.looseObject({ openapi: z.string() }), ...publicFailures },
  },
});
