// How many projects are left by their last run as a failed one: until another completes, they are behind their source.
import { type Queryable, runOne, sql } from '../sql.ts';

/**
 * Of enabled projects; what was cancelled or skipped, and dry runs, say nothing of it. There are tens of projects, and
 * sync_run_project finds the last run of each.
 */
export async function countFailedProjects(on: Queryable): Promise<number> {
  const row = await runOne<{ count: number }>(
    on,
    sql`
      select count(*)::int as count from sync_project o
      cross join lateral (
        select r.status from sync_run r
        where r.project_id = o.id and not r.dry_run and r.status in ('completed', 'failed')
        order by r.id desc limit 1) last
      where o.enabled and last.status = 'failed'`,
  );
  return row?.count ?? 0;
}
