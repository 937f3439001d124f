// Finds what was written into the queue and never reached a workflow.
import { type Queryable, run, sql } from '../sql.ts';

/**
 * Projects with a run that has been open for `seconds`, those first whose run waits: their workflow may never have
 * heard of it, or may have been lost. Served by sync_run_open.
 */
export function projectsWithOpenRuns(
  on: Queryable,
  seconds: number,
  limit: number,
): Promise<{ projectId: string; projectName: string }[]> {
  return run(
    on,
    sql`select project_id as "projectId", min(project_name) as "projectName"
        from sync_run
        where status in ('queued', 'running', 'paused') and queued_at < now() - make_interval(secs => ${seconds})
        group by project_id order by bool_and(status = 'queued') desc, min(queued_at) limit ${limit}`,
  );
}

/** Runs that were asked to pause `seconds` ago or earlier and have not. Served by sync_run_open. */
export function runsWaitingToPause(
  on: Queryable,
  seconds: number,
  limit: number,
): Promise<{ runId: string; workflowId: string; pause: number }[]> {
  return run(
    on,
    sql`select id as "runId", workflow_id as "workflowId", pauses + 1 as pause from sync_run
        where status = 'running' and pause_requested_at < now() - make_interval(secs => ${seconds})
          and cancel_requested_at is null
        order by pause_requested_at limit ${limit}`,
  );
}

/** Runs that were asked to stop `seconds` ago or earlier and have not. Served by sync_run_open. */
export function runsWaitingToStop(
  on: Queryable,
  seconds: number,
  limit: number,
): Promise<{ runId: string; workflowId: string }[]> {
  return run(
    on,
    sql`select id as "runId", workflow_id as "workflowId" from sync_run
        where status in ('running', 'paused') and cancel_requested_at < now() - make_interval(secs => ${seconds})
        order by cancel_requested_at limit ${limit}`,
  );
}
