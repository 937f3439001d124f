// Projects that have gone longer without a completed run than their schedule promises.
import { overdueSince } from '../../domain/overdue.ts';
import type { CronSchedule } from '../../domain/schedule.ts';
import { type Queryable, type RawBuilder, run, sql } from '../sql.ts';

/** From when the next turn counts, of the row `o` of sync_project. Served by sync_run_project_completed. */
export const promisedSince: RawBuilder<Date> = sql`greatest(o.schedule_changed_at, (
    select max(r.finished_at) from sync_run r
    where r.project_id = o.id and r.status = 'completed' and not r.dry_run))`;

export interface OverdueProject {
  projectId: string;
  projectName: string;
  since: Date;
}

/** There are tens of projects: the table is read as a whole. Projects that are switched off promise nothing. */
export async function overdueProjects(on: Queryable): Promise<OverdueProject[]> {
  const rows = await run<{
    projectId: string;
    projectName: string;
    schedule: CronSchedule;
    promisedSince: Date;
    now: Date;
  }>(
    on,
    sql`select o.id as "projectId", o.name as "projectName", o.schedule, now() as now,
               ${promisedSince} as "promisedSince"
        from sync_project o where o.enabled and o.schedule is not null order by o.id`,
  );
  return rows.flatMap(({ projectId, projectName, schedule, promisedSince: from, now }) => {
    const since = overdueSince(schedule, from, now);
    return since ? [{ projectId, projectName, since }] : [];
  });
}
