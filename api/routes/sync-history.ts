// Runs: history, details, what they changed, cancel and resume.
import { initServer } from '@ts-rest/express';
import type { Request } from 'express';
import { contract } from '../../contracts/index.ts';
import { runSchema } from '../../contracts/sync-history.ts';
import { listPreviewedChanges, listRunChanges } from '../../database/queries/list-changes.ts';
import { listPendingRemovals, listRunErrors } from '../../database/queries/list-run-errors.ts';
import { getRun, getRunDetails, listRuns, type RunRow } from '../../database/queries/list-runs.ts';
import { requestCancel } from '../../database/queries/request-cancel.ts';
import { pauseOf, requestPause } from '../../database/queries/request-pause.ts';
import { AppError } from '../../domain/app-error.ts';
import { rowSchemaOf } from '../http/csv.ts';
import { tagged } from '../http/entity-tag.ts';
import { requestId } from '../http/request-context.ts';
import { orNotFound, type RouteDeps } from './route-dependencies.ts';

export function syncHistoryRoutes(deps: RouteDeps) {
  const { pool } = deps.database;
  const existing = async (id: string) => orNotFound(await getRun(pool, id), 'Run', id);
  return initServer().router(contract.syncHistory, {
    list: (input) =>
      deps.respondWithList(input, {
        defaultSort: '-at',
        rowSchema: runSchema,
        fileName: 'sync-history',
        read: (page) => listRuns(pool, input.query, page),
      }),
    get: async ({ params, res }) => ({
      status: 200,
      body: tagged(res, orNotFound(await getRunDetails(pool, params.id), 'Run', params.id)),
    }),
    ...partsOfRuns(deps, existing),
    events: async ({ params, headers, req, res }) => {
      const run = orNotFound(await getRunDetails(pool, params.id), 'Run', params.id);
      const stream = deps.runEvents.follow(run, headers['last-event-id']);
      if (stream === null) return { status: 204, body: undefined };
      res.setHeader('Content-Type', 'text/event-stream');
      res.setHeader('Cache-Control', 'no-store');
      // nginx would collect events before it passes them on.
      res.setHeader('X-Accel-Buffering', 'no');
      // HEAD is answered by this too, and has nobody who reads.
      if (req.method === 'HEAD' || res.closed) stream.destroy();
      else res.once('close', () => stream.destroy());
      if (req.method === 'HEAD') res.end();
      // ts-rest pipes streams; its types know only the contract's text.
      return { status: 200, body: stream as never };
    },
    cancel: async ({ params, req }) => {
      await cancel(deps, params.id, requestId(req as Request));
      return { status: 202, body: { data: await existing(params.id) } };
    },
    pause: async ({ params, req }) => {
      await pause(deps, params.id, requestId(req as Request));
      return { status: 202, body: { data: await existing(params.id) } };
    },
    resume: async ({ params }) => {
      // Asked first: if the run goes on and pauses again meanwhile, this was not said about that pause.
      const pause = await pauseOf(pool, params.id);
      const run = await existing(params.id);
      if (run.status !== 'paused')
        throw new AppError('conflict', `This run is ${run.status}; only a paused run can be resumed.`);
      await deps.trigger.resume({ runId: run.id, workflowId: run.workflowId, pause });
      return { status: 202, body: { data: run } };
    },
  });
}

/** The lists below one run. */
function partsOfRuns(deps: RouteDeps, existing: (id: string) => Promise<RunRow>) {
  const { pool } = deps.database;
  const { changes, errors, pendingRemovals } = contract.syncHistory;
  return initServer().router(
    { changes, errors, pendingRemovals },
    {
      changes: async (input) => {
        const { id, dryRun } = await existing(input.params.id);
        const listed = dryRun ? listPreviewedChanges : listRunChanges;
        return deps.respondWithList(input, {
          defaultSort: 'at',
          rowSchema: rowSchemaOf(changes.responses[200]),
          fileName: 'run-changes',
          read: (page) => listed(pool, id, input.query.kind, page),
        });
      },
      errors: async (input) => {
        const { id } = await existing(input.params.id);
        return deps.respondWithList(input, {
          defaultSort: 'at',
          rowSchema: rowSchemaOf(errors.responses[200]),
          fileName: 'run-errors',
          read: (page) => listRunErrors(pool, id, page),
        });
      },
      pendingRemovals: async (input) => {
        const { id } = await existing(input.params.id);
        return deps.respondWithList(input, {
          defaultSort: 'name',
          rowSchema: rowSchemaOf(pendingRemovals.responses[200]),
          fileName: 'pending-removals',
          read: (page) => listPendingRemovals(pool, id, page),
        });
      },
    },
  );
}

/** As `cancel`: the wish is in the database first. */
async function pause(deps: RouteDeps, runId: string, request: string): Promise<void> {
  const asked = orNotFound(await requestPause(deps.database.pool, runId), 'Run', runId);
  if (!asked.accepted)
    throw new AppError(
      'conflict',
      asked.status === 'running'
        ? 'This run is about to be cancelled.'
        : `This run is ${asked.status}; only a running run can be paused.`,
    );
  const { workflowId, pause } = asked;
  await deps.trigger.pause({ runId, workflowId, pause }).catch((error: unknown) => {
    deps.logger.warn(
      { requestId: request, runId, message: (error as Error).message },
      'a run that is to pause could not be told; it is repeated',
    );
  });
}

/** The wish is in the database first: if the workflow cannot be told now, the sweep of queued runs tells it. */
async function cancel(deps: RouteDeps, runId: string, request: string): Promise<void> {
  // Looked at first: of a run that is over, nobody asks who works on it.
  const before = await getRunDetails(deps.database.pool, runId);
  const asked = orNotFound(await requestCancel(deps.database.pool, runId), 'Run', runId);
  if (!asked.accepted) throw new AppError('conflict', `This run is over: it is ${asked.status}.`);
  if (asked.status === 'queued') {
    if (before?.stalled?.code === 'workflow_failing') await endFailing(deps, before);
    return;
  }
  await deps.trigger.cancel({ runId, workflowId: asked.workflowId }).catch((error: unknown) => {
    deps.logger.warn(
      { requestId: request, runId, message: (error as Error).message },
      'a cancelled run could not be told; it is repeated',
    );
  });
}

/** A workflow that no worker can go on with would keep what is queued next from running, too. */
async function endFailing(deps: RouteDeps, { id, workflowId }: RunRow): Promise<void> {
  await deps.trigger.end(workflowId, 'Its run was cancelled.').catch(({ message }: Error) => {
    deps.logger.warn({ runId: id, message }, 'a workflow that fails could not be ended');
  });
}
