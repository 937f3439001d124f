// Runs of sync projects: history, details, changes, errors, cancel and resume.
import { initContract } from '@ts-rest/core';
import { z } from 'zod';
import { changeKind, changeSchema } from './objects.ts';
import { readOne } from './operations.ts';
import {
  bodyFailures,
  conflict,
  failures,
  id,
  idParams,
  instant,
  list,
  listQuery,
  notFound,
  single,
  text,
  time,
} from './schemas.ts';

const c = initContract();

export const RUN_STATUSES = ['queued', 'running', 'paused', 'completed', 'failed', 'cancelled'] as const;
export const RUN_TRIGGERS = ['manual', 'scheduled', 'api', 'event'] as const;
export const PAUSE_REASONS = ['delete_threshold', 'operator'] as const;
export const STALL_CODES = ['no_worker', 'workflow_failing', 'step_unknown'] as const;
export const STEP_STATUSES = [
  'pending',
  'running',
  'retrying',
  'completed',
  'failed',
  'cancelled',
  'skipped',
] as const;
export const SYNC_MODES = ['full', 'incremental'] as const;

const number = z.number().int();

const countsSchema = z
  .object({
    read: number,
    created: number,
    updated: number,
    unchanged: number,
    deactivated: number,
    reactivated: number,
    membershipsAdded: number,
    membershipsRemoved: number,
    errors: number,
  })
  .meta({ title: 'RunCounts' });

const failure = z.object({ code: z.string(), message: z.string() }).nullable();

export const runSchema = z
  .object({
    id,
    projectId: id,
    projectName: z.string(),
    workflowId: z.string(),
    temporalRunId: z.string().nullable(),
    trigger: z.enum(RUN_TRIGGERS),
    triggeredBy: z.string().nullable(),
    note: z.string().nullable(),
    mode: z.enum(SYNC_MODES),
    readMode: z.enum(SYNC_MODES).nullable().meta({
      description:
        'What was read: an incremental run may have to read everything, and says why among its errors (code `full_read`). Null before the read begins.',
    }),
    idsScanned: z.boolean().meta({
      description: 'An incremental run that compared all ids with the source, so that it found what is gone.',
    }),
    dryRun: z.boolean(),
    overrideDeleteThreshold: z.boolean(),
    status: z.enum(RUN_STATUSES),
    pauseReason: z.enum(PAUSE_REASONS).nullable().meta({
      description:
        '`delete_threshold`: more would be removed than the project allows; `operator`: a person paused it.',
    }),
    pausedAt: time.nullable(),
    pauseRequestedAt: time
      .nullable()
      .meta({ description: 'When a person asked the run to pause, until it goes on.' }),
    notice: z.string().nullable().meta({ description: 'What else there is to know of the run.' }),
    scheduledFor: time.nullable(),
    queuedAt: time,
    startedAt: time.nullable(),
    finishedAt: time.nullable(),
    cancelRequestedAt: time.nullable(),
    durationMs: number.nullable(),
    counts: countsSchema,
    progress: z.object({ step: z.string().nullable(), percent: number }),
    error: failure,
  })
  .meta({ title: 'Run' });

const stepSchema = z
  .object({
    name: z.string(),
    status: z.enum(STEP_STATUSES),
    attempt: number,
    startedAt: time.nullable(),
    finishedAt: time.nullable(),
    counts: z.record(z.string(), z.number()),
    error: failure,
  })
  .meta({ title: 'RunStep' });

export const runDetailsSchema = z
  .object({
    ...runSchema.shape,
    stalled: z
      .object({ code: z.enum(STALL_CODES), message: z.string(), since: time })
      .nullable()
      .meta({ description: 'Set while the run is open and nobody works on it: why, and what to do.' }),
    steps: z.array(stepSchema),
  })
  .meta({ title: 'RunDetails' });

const runChangeSchema = z
  .object({
    ...changeSchema.shape,
    objectId: id.nullable().meta({ description: 'Null for what a dry run would create.' }),
    objectClass: z.string().nullable(),
    name: z.string().nullable(),
  })
  .meta({ title: 'RunChange' });

const runErrorSchema = z
  .object({
    id,
    at: time,
    step: z.string(),
    distinguishedName: z.string().nullable(),
    code: z.string(),
    message: z.string(),
  })
  .meta({ title: 'RunError' });

const pendingRemovalSchema = z
  .object({
    objectId: id,
    objectClass: z.string(),
    name: z.string(),
    distinguishedName: z.string().nullable(),
    sourceId: z.string(),
    approved: z.boolean(),
  })
  .meta({ title: 'PendingRemoval' });

/** What people tell a run; it is done when the run can, so the answer is the run as it is. */
const order = {
  method: 'POST' as const,
  metadata: { scope: 'sync:run' as const },
  pathParams: idParams,
  query: z.strictObject({}),
  body: z.strictObject({}).optional(),
  responses: { 202: single(runSchema), ...notFound, ...conflict, ...bodyFailures },
};

export const syncHistoryContract = c.router(
  {
    list: {
      method: 'GET',
      path: '/sync/history',
      summary: 'List runs, newest first',
      metadata: { scope: 'sync:read' },
      query: listQuery(['at', 'queuedAt'], {
        status: z.enum(RUN_STATUSES).optional(),
        since: instant(
          'Runs that finished, or, while they are not over, were queued, at this time or after it.',
        ),
        until: instant('As `since`, before this time.'),
        projectId: id.optional(),
        trigger: z.enum(RUN_TRIGGERS).optional(),
      }),
      responses: { 200: list(runSchema) },
    },
    get: readOne(
      {
        path: '/sync/history/:id',
        scope: 'sync:read',
        summary: 'Details of one run, with its steps and progress',
      },
      runDetailsSchema,
    ),
    changes: {
      method: 'GET',
      path: '/sync/history/:id/changes',
      summary: 'What a run changed, or what a dry run would change',
      description:
        'Of a dry run, at most 10,000 changes, kept until the next dry run of the project and for 30 days at most.',
      metadata: { scope: 'sync:read' },
      pathParams: idParams,
      query: listQuery(['at'], { kind: changeKind.optional() }),
      responses: { 200: list(runChangeSchema), ...notFound },
    },
    errors: {
      method: 'GET',
      path: '/sync/history/:id/errors',
      summary: 'Entries that a run could not take',
      metadata: { scope: 'sync:read' },
      pathParams: idParams,
      query: listQuery(['at'], {}),
      responses: { 200: list(runErrorSchema), ...notFound },
    },
    pendingRemovals: {
      method: 'GET',
      path: '/sync/history/:id/pending-removals',
      summary: 'What a run that paused at the delete threshold, or a dry run, would remove',
      metadata: { scope: 'sync:read' },
      pathParams: idParams,
      query: listQuery(['name'], {}),
      responses: { 200: list(pendingRemovalSchema), ...notFound },
    },
    events: {
      method: 'GET',
      path: '/sync/history/:id/events',
      summary: "A run's progress as server-sent events",
      description:
        'An event `progress` (`id`, `status`, `pauseReason`, `progress`, `counts`) now and each time one of them changes, at most one a second; at the end an event `finished` with the details of the run, and the stream ends. A stream ends after 15 minutes, too, and is opened again; whoever sends the `Last-Event-ID` of the last event of all gets 204. Comments keep the connection alive. A stream counts as one request.',
      metadata: { scope: 'sync:read' },
      pathParams: idParams,
      query: z.strictObject({}),
      headers: z.looseObject({ 'last-event-id': text(100).optional() }),
      responses: {
        200: c.otherResponse({ contentType: 'text/event-stream', body: z.string() }),
        204: c.noBody(),
        ...notFound,
      },
    },
    cancel: {
      ...order,
      path: '/sync/history/:id/cancel',
      summary: 'Cancel a run',
      description: 'A queued run is cancelled at once, a running or paused one as soon as its step can stop.',
    },
    pause: {
      ...order,
      path: '/sync/history/:id/pause',
      summary: 'Pause a run that is running',
      description:
        'It pauses as soon as its step can stop, with the reason `operator`; the step begins again when it is resumed, and a read that was not complete starts anew. What was merged stays. A paused run holds no worker; after `IDENTITY_CENTER_PAUSE_TIMEOUT_HOURS` it is cancelled.',
    },
    resume: {
      ...order,
      path: '/sync/history/:id/resume',
      summary: 'Let a paused run go on',
      description:
        'Of a run that paused at the delete threshold it approves the removals that are listed and no others; of one that a person paused it approves nothing.',
    },
  },
  { commonResponses: failures },
);
