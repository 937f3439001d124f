// Forgets runs that are older than settings keep them, but for those that something still rests on.
import { type Queryable, run, sql } from '../../sql.ts';
import { forgetLists, RUN_LISTS } from './forget-lists.ts';

/**
 * Runs that ended more than `days` days ago and whose changes, if they made any, are forgotten. Never one that is not
 * over; of a project's, not the latest, nor the latest complete one (schedules and overdue projects are judged by it),
 * nor one that a watermark is of; of a connection's, not the first complete one, with which its history begins.
 * Served by sync_run_forgettable; each exception by an index, once a project or connection.
 */
export function forgettableRuns(on: Queryable, days: number, limit: number): Promise<{ id: string }[]> {
  return run<{ id: string }>(
    on,
    sql`
      with needed as materialized (
        select run_id as id from sync_watermark
        union all
        -- Served by sync_run_project.
        select latest.id from sync_project p cross join lateral (
          select id from sync_run where project_id = p.id order by id desc limit 1) latest
        union all
        -- Served by sync_run_project_completed.
        select latest.id from sync_project p cross join lateral (
          select id from sync_run where project_id = p.id and status = 'completed' and not dry_run
          order by finished_at desc limit 1) latest
        union all
        -- Served by sync_run_completed.
        select first.id from connection c cross join lateral (
          select id from sync_run where connection_id = c.id and status = 'completed' and not dry_run
          order by started_at limit 1) first
      )
      select r.id from sync_run r
      where not (r.keeps_changes and r.started_at is not null) and r.finished_at is not null
        and r.finished_at < now() - make_interval(days => ${days})
        and not exists (select from needed where needed.id = r.id)
      order by r.finished_at limit ${limit}`,
  );
}

/**
 * Forgets one run with its steps, errors and lists: first the lists, some rows at a time, then the row and what hangs
 * on it. False while some of its lists is left: to be called again.
 */
export async function forgetRun(on: Queryable, runId: string): Promise<boolean> {
  if (!(await forgetLists(on, runId, RUN_LISTS))) return false;
  await run(on, sql`delete from sync_run where id = ${runId}::uuid`);
  return true;
}
