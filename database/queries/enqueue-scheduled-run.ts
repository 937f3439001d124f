// Writes the run of a scheduled time into the queue, or the record that this time was skipped; once for each time.
import type pg from 'pg';
import { run, runOne, sql, transaction } from '../sql.ts';
import { enqueueRun } from './enqueue-run.ts';

const SCHEDULE_SKIPPED = 'schedule_skipped';

export interface ScheduledRun {
  /** `queued`: the workflow has to be told. `ended`: skipped, or over already. `none`: nothing is to run any more. */
  outcome: 'queued' | 'ended' | 'none';
  runId: string | null;
  projectName: string;
}

/** A repetition for the same time finds what the first one wrote. */
export function enqueueScheduledRun(
  pool: pg.Pool,
  request: { projectId: string; scheduledFor: Date; workflowId: string },
): Promise<ScheduledRun> {
  return transaction(pool, async (client) => {
    // Two times of one project come one after the other, and no deletion between. Served by the primary key.
    const project = await runOne<Project>(
      client,
      sql`select name, connection_id as "connectionId", default_mode as mode,
                 enabled and schedule is not null as due
          from sync_project where id = ${request.projectId}::uuid for no key update`,
    );
    if (!project) return { outcome: 'none', runId: null, projectName: '' };
    const projectName = project.name;
    const written = await writtenRun(client, request);
    if (written) return { ...written, projectName };
    // Switched off while Temporal did not know yet.
    if (!project.due) return { outcome: 'none', runId: null, projectName };
    return { ...(await writeRun(client, request, project)), projectName };
  });
}

interface Project {
  name: string;
  connectionId: string;
  mode: 'full' | 'incremental';
  due: boolean;
}

type Written = Pick<ScheduledRun, 'outcome' | 'runId'>;
type Request = Parameters<typeof enqueueScheduledRun>[1];

/** Served by sync_run_scheduled. */
async function writtenRun(client: pg.PoolClient, request: Request): Promise<Written | undefined> {
  const row = await runOne<{ id: string; open: boolean }>(
    client,
    sql`select id, status in ('queued', 'running', 'paused') as open from sync_run
        where project_id = ${request.projectId}::uuid and scheduled_for = ${request.scheduledFor}`,
  );
  return row && { outcome: row.open ? 'queued' : 'ended', runId: row.id };
}

async function writeRun(client: pg.PoolClient, request: Request, project: Project): Promise<Written> {
  // Served by sync_run_open.
  const open = await runOne<{ status: string }>(
    client,
    sql`select status from sync_run
        where project_id = ${request.projectId}::uuid and status in ('queued', 'running', 'paused')
        order by status = 'queued' limit 1`,
  );
  if (open) return { outcome: 'ended', runId: await writeSkipped(client, request, project, open.status) };
  const { id, joined } = await enqueueRun(client, {
    ...request,
    projectName: project.name,
    connectionId: project.connectionId,
    trigger: 'scheduled',
    triggeredBy: null,
    note: null,
    mode: project.mode,
    dryRun: false,
    overrideDeleteThreshold: false,
  });
  // Somebody's trigger was queued since the look above.
  if (joined) return { outcome: 'ended', runId: await writeSkipped(client, request, project, 'queued') };
  return { outcome: 'queued', runId: id };
}

async function writeSkipped(
  client: pg.PoolClient,
  request: Request,
  project: Project,
  status: string,
): Promise<string | null> {
  const [row] = await run<{ id: string }>(
    client,
    sql`
      insert into sync_run (project_id, project_name, connection_id, workflow_id, trigger, mode, status, finished_at,
                            scheduled_for, error_code, error_message)
      values (${request.projectId}, ${project.name}, ${project.connectionId}, ${request.workflowId}, 'scheduled',
              ${project.mode}, 'cancelled', now(), ${request.scheduledFor}, ${SCHEDULE_SKIPPED},
              ${`This scheduled time was skipped: a run of the project was ${status}.`})
      returning id`,
  );
  return row?.id ?? null;
}
