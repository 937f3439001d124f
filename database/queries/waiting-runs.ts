// Finds what was written into the queue and never reached a workflow.
import { type Queryable, run, sql } from '../sql.ts';

/** Projects with a queued run that nobody has taken up for `seconds`, the oldest first. Served by sync_run_open. */
export function projectsWithWaitingRuns(
  on: Queryable,
  seconds: number,
  limit: number,
): Promise<{ projectId: string; projectName: string }[]> {
  return run(
    on,
    sql`select q.project_id as "projectId", min(q.project_name) as "projectName"
        from sync_run q
        where q.status = 'queued' and q.queued_at < now() - make_interval(secs => ${seconds})
          and not exists (select 1 from sync_run a where a.project_id = q.project_id and a.status in ('running', 'paused'))
        group by q.project_id order by min(q.queued_at) limit ${limit}`,
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
