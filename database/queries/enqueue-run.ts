// Writes a run into the queue, or joins the queued run that asks for the same.
import type { SyncMode } from '../entities/sync-project.ts';
import { type Queryable, runOne, sql } from '../sql.ts';

export interface RunRequest {
  projectId: string;
  projectName: string;
  connectionId: string;
  workflowId: string;
  trigger: 'manual' | 'scheduled' | 'api' | 'event';
  triggeredBy: string | null;
  note: string | null;
  mode: SyncMode;
  dryRun: boolean;
  overrideDeleteThreshold: boolean;
  /** The time of the schedule that this run is for. */
  scheduledFor?: Date | null;
}

/**
 * Answers with the queued run's id and whether this request joined one that was queued already. The conflict
 * target is `sync_run_one_queued`, so that two API processes that are asked at once share one run.
 */
export async function enqueueRun(
  on: Queryable,
  request: RunRequest,
): Promise<{ id: string; joined: boolean }> {
  const row = await runOne<{ id: string; joined: boolean }>(
    on,
    sql`
      insert into sync_run (project_id, project_name, connection_id, workflow_id, trigger, triggered_by, note,
                            mode, dry_run, override_delete_threshold, scheduled_for)
      values (${request.projectId}, ${request.projectName}, ${request.connectionId}, ${request.workflowId},
              ${request.trigger}, ${request.triggeredBy}, ${request.note},
              ${request.mode}, ${request.dryRun}, ${request.overrideDeleteThreshold},
              ${request.scheduledFor ?? null})
      on conflict (project_id, mode, dry_run, override_delete_threshold) where status = 'queued'
        -- Writes nothing new; it makes the queued row come back in "returning".
        do update set project_name = excluded.project_name
      returning id, (xmax <> 0) as joined`,
  );
  if (!row) throw new Error('enqueueRun: the insert answered with no row');
  return row;
}
