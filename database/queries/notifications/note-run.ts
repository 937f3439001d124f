// Writes what is to be told of a run, in the transaction that ends or pauses it: both happen or neither.
import type pg from 'pg';
import type { NotificationData } from '../../../domain/notification.ts';
import {
  type AlertState,
  alertAfter,
  type NotificationType,
  type ProjectEvent,
} from '../../../domain/project-alert.ts';
import { run, runOne, sql, transaction } from '../../sql.ts';
import { overdueProjects } from '../overdue-projects.ts';

interface NotedRun {
  projectId: string;
  status: ProjectEvent;
  data: NotificationData['run'];
}

/**
 * Moves the alert of the run's project on to what the run's status says, and queues the message if that is news.
 * Nothing is told of dry runs, of runs that a person paused, and where no channel is configured. Doing it twice does
 * no harm. Must run in the transaction that wrote the status.
 */
export async function noteRun(client: pg.PoolClient, runId: string): Promise<void> {
  const noted = await notedRun(client, runId);
  if (noted) await noteEvent(client, noted.projectId, noted.status, noted.data);
}

/** Notes every project that has gone without a completed run for longer than its schedule promises. */
export async function noteOverdue(pool: pg.Pool): Promise<void> {
  for (const { projectId } of await overdueProjects(pool))
    await transaction(pool, (client) => noteEvent(client, projectId, 'overdue', null));
}

/** As noteRun, for what happens to a project without a run. */
async function noteEvent(
  client: pg.PoolClient,
  projectId: string,
  event: ProjectEvent,
  data: NotificationData['run'],
): Promise<void> {
  // One change at a time, so that none is told twice; a project that was deleted meanwhile is told of no more.
  const project = await runOne<{ name: string }>(
    client,
    sql`select name from sync_project where id = ${projectId} and exists (select from notification_channel)
        for no key update`,
  );
  if (!project) return;
  const alert = await runOne<{ state: AlertState; since: Date }>(
    client,
    sql`select state, since from project_alert where project_id = ${projectId}`,
  );
  const { state, tell } = alertAfter(alert?.state ?? null, event);
  if (state !== (alert?.state ?? null)) await setAlert(client, projectId, state);
  if (!tell) return;
  await queue(client, projectId, tell, {
    project: { id: projectId, name: project.name },
    run: data,
    previous: alert ? { state: alert.state, since: alert.since.toISOString() } : null,
  });
}

/** Served by the primary keys of sync_run and sync_pending_removal. */
async function notedRun(client: pg.PoolClient, runId: string): Promise<NotedRun | undefined> {
  return runOne<NotedRun>(
    client,
    sql`
      select r.project_id as "projectId", r.status, jsonb_build_object(
        'id', r.id, 'status', r.status, 'mode', r.mode, 'trigger', r.trigger,
        'queuedAt', ${utc('queued_at')}, 'startedAt', ${utc('started_at')}, 'finishedAt', ${utc('finished_at')},
        'pauseReason', r.pause_reason,
        'pendingRemovals', case when r.pause_reason = 'delete_threshold'
          then (select count(*) from sync_pending_removal where run_id = r.id) end,
        'error', case when r.status = 'failed'
          then jsonb_build_object('code', r.error_code, 'message', r.error_message) end) as data
      from sync_run r
      where r.id = ${runId} and not r.dry_run and r.status in ('completed', 'failed', 'paused', 'cancelled')
        and r.pause_reason is distinct from 'operator'`,
  );
}

function utc(column: string) {
  return sql`to_char(${sql.ref(`r.${column}`)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}

async function setAlert(client: pg.PoolClient, projectId: string, state: AlertState | null): Promise<void> {
  await run(
    client,
    state
      ? sql`insert into project_alert (project_id, state) values (${projectId}, ${state})
            on conflict (project_id) do update set state = excluded.state, since = excluded.since`
      : sql`delete from project_alert where project_id = ${projectId}`,
  );
}

async function queue(
  client: pg.PoolClient,
  projectId: string,
  type: NotificationType,
  data: NotificationData,
): Promise<void> {
  await run(
    client,
    sql`
      with told as (
        insert into notification (project_id, type, data)
        values (${projectId}, ${type}, ${JSON.stringify(data)}) returning id
      )
      insert into notification_delivery (notification_id, channel, project_id)
      select told.id, name, ${projectId} from told, notification_channel`,
  );
}
