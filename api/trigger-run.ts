// Triggers a run: the row first, the workflow after, so that nothing which was answered with 202 is lost.
import { enqueueRun } from '../database/queries/enqueue-run.ts';
import { getRun, type RunRow } from '../database/queries/list-runs.ts';
import { type LockedProject, lockProject } from '../database/queries/lock-project.ts';
import { transaction } from '../database/sql.ts';
import { AppError } from '../domain/app-error.ts';
import { syncProjectWorkflowId } from '../workflows/messages.ts';
import type { Principal } from './auth/principal.ts';
import type { AppDeps } from './dependencies.ts';
import { invalidRequest } from './http/validation-errors.ts';
import type { SyncTrigger } from './sync-trigger.ts';

export interface RunWish {
  mode?: 'full' | 'incremental' | undefined;
  dryRun?: boolean | undefined;
  overrideDeleteThreshold?: boolean | undefined;
  note?: string | null | undefined;
}

/**
 * The queued run, new or joined; the logger is the request's. If the workflow cannot be told now, the run stays queued and the sweep of
 * queued runs starts it.
 * @throws AppError `not_found`; `conflict` for a project that is switched off; `invalid_request`.
 */
export async function triggerRun(
  deps: Pick<AppDeps, 'database' | 'logger'> & { trigger: SyncTrigger },
  projectId: string,
  wish: RunWish,
  caller: Principal,
): Promise<RunRow> {
  const { pool } = deps.database;
  const { runId, joined, project } = await transaction(pool, async (client) => {
    const found = await lockProject(client, projectId);
    if (!found) throw new AppError('not_found', `Sync project with ID '${projectId}' was not found`);
    if (!found.enabled) throw new AppError('conflict', 'This project is switched off; enable it to run it.');
    const queued = await enqueueRun(client, requestOf(projectId, found, wish, caller));
    return { runId: queued.id, joined: queued.joined, project: found };
  });
  deps.logger.info({ projectId, runId }, joined ? 'joined a queued run' : 'queued a run');
  await deps.trigger.wake({ projectId, projectName: project.name }).catch((error: unknown) => {
    const { message } = error as Error;
    deps.logger.warn(
      { runId, message },
      'a run is queued and its workflow could not be told; it is repeated',
    );
  });
  const run = await getRun(pool, runId);
  if (!run) throw new Error('triggerRun: the run is gone');
  return run;
}

function requestOf(projectId: string, project: LockedProject, wish: RunWish, caller: Principal) {
  const dryRun = wish.dryRun ?? false;
  if (dryRun && wish.mode === 'incremental')
    throw invalidRequest([
      { path: 'body.mode', message: "cannot be 'incremental' in a dry run: it reads everything" },
    ]);
  const mode = dryRun ? ('full' as const) : (wish.mode ?? project.mode);
  return {
    projectId,
    projectName: project.name,
    connectionId: project.connectionId,
    workflowId: syncProjectWorkflowId(projectId),
    trigger: 'api' as const,
    triggeredBy: caller.username,
    note: wish.note ?? null,
    mode,
    dryRun,
    overrideDeleteThreshold: wish.overrideDeleteThreshold ?? false,
  };
}
