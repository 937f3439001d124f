// Reads runs as history shows them, and one run with its steps.
import { type Queryable, type RawBuilder, sql } from '../sql.ts';
import { type ListRequest, type ListResult, listRows } from './list-rows.ts';
import { readRow } from './read-rows.ts';
import type { Stall } from './stalled-runs.ts';

export type RunStatus = 'queued' | 'running' | 'paused' | 'completed' | 'failed' | 'cancelled';
export type RunTrigger = 'manual' | 'scheduled' | 'api' | 'event';

const COUNTS = [
  'read',
  'created',
  'updated',
  'unchanged',
  'deactivated',
  'reactivated',
  'membershipsAdded',
  'membershipsRemoved',
  'errors',
] as const;

export type RunCounts = Record<(typeof COUNTS)[number], number>;

export interface RunRow {
  id: string;
  projectId: string;
  projectName: string;
  workflowId: string;
  temporalRunId: string | null;
  trigger: RunTrigger;
  triggeredBy: string | null;
  note: string | null;
  mode: 'full' | 'incremental';
  readMode: 'full' | 'incremental' | null;
  idsScanned: boolean;
  dryRun: boolean;
  overrideDeleteThreshold: boolean;
  status: RunStatus;
  pauseReason: 'delete_threshold' | 'operator' | null;
  pausedAt: string | null;
  pauseRequestedAt: string | null;
  notice: string | null;
  /** The time of the schedule that the run is for. */
  scheduledFor: string | null;
  queuedAt: string;
  startedAt: string | null;
  finishedAt: string | null;
  cancelRequestedAt: string | null;
  durationMs: number | null;
  counts: RunCounts;
  progress: { step: string | null; percent: number };
  error: { code: string; message: string } | null;
}

type StepStatus = 'pending' | 'running' | 'retrying' | 'completed' | 'failed' | 'cancelled' | 'skipped';

export interface StepRow {
  name: string;
  status: StepStatus;
  attempt: number;
  startedAt: string | null;
  finishedAt: string | null;
  counts: Record<string, number>;
  error: { code: string; message: string } | null;
}

export interface RunDetails extends RunRow {
  /** Why nobody works on it, and since when. */
  stalled: (Stall & { since: string }) | null;
  steps: StepRow[];
}

export interface RunFilter {
  status?: RunStatus | undefined;
  since?: Date | undefined;
  until?: Date | undefined;
  projectId?: string | undefined;
  trigger?: RunTrigger | undefined;
}

const counts = sql`jsonb_build_object(${sql.join(
  COUNTS.map((name) => sql`${sql.lit(name)}::text, coalesce(o.counts -> ${sql.lit(name)}, '0')`),
)})`;

function failure(): RawBuilder<unknown> {
  return sql`case when o.error_code is not null then
      jsonb_build_object('code', o.error_code, 'message', coalesce(o.error_message, o.error_code)) end`;
}

/** A run, of the row `o` of sync_run. */
const runColumns: RawBuilder<unknown> = sql`
    o.id, o.project_id as "projectId", o.project_name as "projectName", o.workflow_id as "workflowId",
    o.temporal_run_id as "temporalRunId", o.trigger, o.triggered_by as "triggeredBy", o.note, o.mode,
    o.read_mode as "readMode", o.ids_scanned as "idsScanned",
    o.dry_run as "dryRun", o.override_delete_threshold as "overrideDeleteThreshold", o.status,
    o.pause_reason as "pauseReason", o.paused_at as "pausedAt", o.pause_requested_at as "pauseRequestedAt", o.notice,
    o.scheduled_for as "scheduledFor", o.queued_at as "queuedAt", o.started_at as "startedAt",
    o.finished_at as "finishedAt", o.cancel_requested_at as "cancelRequestedAt",
    (extract(epoch from coalesce(o.finished_at, clock_timestamp()) - o.started_at) * 1000)::bigint as "durationMs",
    ${counts} as counts, jsonb_build_object('step', o.progress_step, 'percent', o.progress_percent) as progress,
    ${failure()} as error`;

/** When a run was over, or, while it is not, when it was queued: what history is ordered and filtered by. */
const at = sql`coalesce(o.finished_at, o.queued_at)`;

const SORTS = {
  // sync_run_finished serves this one both ways.
  at: { expression: at, type: 'timestamptz' },
  queuedAt: { expression: sql`o.queued_at`, type: 'timestamptz' },
} as const;

export type RunSort = keyof typeof SORTS;

/**
 * A page of history. Served by sync_run_finished, from which runs of another status or trigger are left out, by
 * sync_run_open for open ones, and by sync_run_project for the total of one project; other totals and `queuedAt` read
 * the table: it has a row a run, and runs are kept for two years (20,000 of them: 570 pages).
 */
export function listRuns(
  on: Queryable,
  filter: RunFilter,
  request: ListRequest<RunSort>,
): Promise<ListResult<RunRow>> {
  const where: RawBuilder<unknown>[] = [];
  if (filter.status) where.push(sql`o.status = ${filter.status}`);
  if (filter.trigger) where.push(sql`o.trigger = ${filter.trigger}`);
  if (filter.projectId) where.push(sql`o.project_id = ${filter.projectId}::uuid`);
  if (filter.since) where.push(sql`${at} >= ${filter.since}::timestamptz`);
  if (filter.until) where.push(sql`${at} < ${filter.until}::timestamptz`);
  return listRows<RunRow>(on, {
    columns: runColumns,
    from: sql`sync_run o`,
    where,
    sort: SORTS[request.sort],
    id: sql`o.id`,
    request,
  });
}

/** Served by the primary key. */
export function getRun(on: Queryable, id: string): Promise<RunRow | undefined> {
  return readRow<RunRow>(on, sql`select ${runColumns} from sync_run o where o.id = ${id}::uuid`);
}

/** A run and its steps in their order. Served by the primary keys of both. */
export function getRunDetails(on: Queryable, id: string): Promise<RunDetails | undefined> {
  const rfc3339 = (column: RawBuilder<unknown>) =>
    sql`to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
  return readRow(
    on,
    sql`select ${runColumns}, case when o.stall_code is not null and o.status in ('queued', 'running', 'paused') then
          jsonb_build_object('code', o.stall_code, 'message', o.stall_message,
                             'since', ${rfc3339(sql`o.stalled_since`)}) end as stalled, (
          select coalesce(jsonb_agg(jsonb_build_object(
              'name', o.name, 'status', o.status, 'attempt', o.attempt, 'startedAt', ${rfc3339(sql`o.started_at`)},
              'finishedAt', ${rfc3339(sql`o.finished_at`)}, 'counts', o.counts, 'error', ${failure()})
            order by o.position), '[]')
          from sync_run_step o where o.run_id = ${id}::uuid) as steps
        from sync_run o where o.id = ${id}::uuid`,
  );
}
