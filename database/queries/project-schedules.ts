// What Temporal has to know of the schedules of projects, and how far it has been told.
import type { CronSchedule } from '../../domain/schedule.ts';
import { type Queryable, run, runOne, sql } from '../sql.ts';

export interface ProjectSchedule {
  projectId: string;
  schedule: CronSchedule | null;
  enabled: boolean;
  revision: number;
}

const columns = sql`id as "projectId", schedule, enabled, schedule_revision as revision`;

/** Undefined where there is no such project. Served by the primary key. */
export function projectSchedule(on: Queryable, projectId: string): Promise<ProjectSchedule | undefined> {
  return runOne(on, sql`select ${columns} from sync_project where id = ${projectId}::uuid`);
}

/** Of all projects. There are tens of them: the table is read as a whole. */
export function projectSchedules(on: Queryable): Promise<ProjectSchedule[]> {
  return run(on, sql`select ${columns} from sync_project`);
}

/** Projects whose last change Temporal has not been told. Served by sync_project_schedule_due. */
export async function schedulesToApply(on: Queryable, limit: number): Promise<string[]> {
  const rows = await run<{ id: string }>(
    on,
    sql`select id from sync_project where schedule_applied < schedule_revision order by id limit ${limit}`,
  );
  return rows.map(({ id }) => id);
}

/** Temporal has been told this revision. */
export async function scheduleApplied(on: Queryable, projectId: string, revision: number): Promise<void> {
  await run(
    on,
    sql`update sync_project set schedule_applied = ${revision}
        where id = ${projectId}::uuid and schedule_applied < ${revision}`,
  );
}

/** What tells this installation from others on the same Temporal server. */
export async function installationId(on: Queryable): Promise<string> {
  const row = await runOne<{ id: string }>(on, sql`select id from installation`);
  if (!row) throw new Error('installationId: the migration has made no row');
  return row.id;
}
