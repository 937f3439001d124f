// Reads sync projects as the API lists them, each with its last run.
import type { AttributeMapping } from '../../domain/object-fields.ts';
import { overdueSince } from '../../domain/overdue.ts';
import { type CronSchedule, nextRunAfter } from '../../domain/schedule.ts';
import type { ProjectScope, SyncMode } from '../entities/sync-project.ts';
import { type Queryable, sql } from '../sql.ts';
import { type ListRequest, type ListResult, listRows, type SortField } from './list-rows.ts';
import { getRun, type RunRow } from './list-runs.ts';
import { escapeLike } from './object-search.ts';
import { promisedSince } from './overdue-projects.ts';
import { readRow } from './read-rows.ts';
import { rowVersion } from './row-version.ts';

export interface ProjectRow {
  id: string;
  name: string;
  description: string | null;
  connectionId: string;
  enabled: boolean;
  scopes: ProjectScope[];
  attributeMappings: AttributeMapping[];
  defaultMode: SyncMode;
  idScanEveryRuns: number;
  deleteThresholdPercent: number;
  errorThreshold: number;
  schedule: CronSchedule | null;
  nextRunAt: string | null;
  /** Since when it has gone longer without a completed run than its schedule promises. */
  overdueSince: string | null;
  lastRun: RunRow | null;
  createdAt: string;
  updatedAt: string;
  /** Changes with every change of its settings. */
  version: string;
}

export interface ProjectFilter {
  search?: string | undefined;
  connectionId?: string | undefined;
  enabled?: boolean | undefined;
}

type Stored = Omit<ProjectRow, 'lastRun' | 'nextRunAt' | 'overdueSince'> & {
  lastRunId: string | null;
  promisedSince: string;
};

// The last run by its id: ids are UUIDs of version 7. A scheduled time that was skipped is no run. Served by
// sync_run_project.
const columns = sql`o.id, o.name, o.description, o.connection_id as "connectionId", o.enabled, o.scopes,
    o.attribute_mappings as "attributeMappings", o.default_mode as "defaultMode", o.id_scan_every_runs as "idScanEveryRuns",
    o.delete_threshold_percent as "deleteThresholdPercent", o.error_threshold as "errorThreshold", o.schedule,
    ${promisedSince} as "promisedSince", o.created_at as "createdAt", o.updated_at as "updatedAt",
    ${rowVersion('o')} as version, (select r.id from sync_run r where r.project_id = o.id and r.error_code is distinct from 'schedule_skipped' order by r.id desc limit 1) as "lastRunId"`;

const SORTS = {
  name: { expression: sql`lower(o.name collate pg_c_utf8)`, type: 'text' },
  createdAt: { expression: sql`o.created_at`, type: 'timestamptz' },
  updatedAt: { expression: sql`o.updated_at`, type: 'timestamptz' },
} as const satisfies Record<string, SortField>;

export type ProjectSort = keyof typeof SORTS;

/** A page of projects. There are tens of them: the table is read as a whole. */
export async function listProjects(
  on: Queryable,
  filter: ProjectFilter,
  request: ListRequest<ProjectSort>,
): Promise<ListResult<ProjectRow>> {
  const where = [];
  if (filter.search)
    where.push(
      sql`lower(o.name collate pg_c_utf8) like lower(${`%${escapeLike(filter.search)}%`}::text collate pg_c_utf8)`,
    );
  if (filter.connectionId) where.push(sql`o.connection_id = ${filter.connectionId}::uuid`);
  if (filter.enabled !== undefined) where.push(sql`o.enabled = ${filter.enabled}`);
  const result = await listRows<Stored>(on, {
    columns,
    from: sql`sync_project o`,
    where,
    sort: SORTS[request.sort],
    id: sql`o.id`,
    request,
  });
  return { ...result, rows: await Promise.all(result.rows.map((row) => withLastRun(on, row))) };
}

/** Served by the primary key. */
export async function getProject(on: Queryable, id: string): Promise<ProjectRow | undefined> {
  const row = await readRow<Stored>(on, sql`select ${columns} from sync_project o where o.id = ${id}::uuid`);
  return row && withLastRun(on, row);
}

async function withLastRun(on: Queryable, row: Stored): Promise<ProjectRow> {
  const { lastRunId, promisedSince: since, ...project } = row;
  return {
    ...project,
    ...timesOf(project, new Date(since)),
    lastRun: lastRunId === null ? null : ((await getRun(on, lastRunId)) ?? null),
  };
}

/**
 * Computed by the rules that Temporal goes by, instead of asked of it: a list would cost a call a row, and reads
 * are to work while Temporal is away.
 */
function timesOf(
  { enabled, schedule }: Pick<Stored, 'enabled' | 'schedule'>,
  since: Date,
): Pick<ProjectRow, 'nextRunAt' | 'overdueSince'> {
  if (!enabled || !schedule) return { nextRunAt: null, overdueSince: null };
  const now = new Date();
  return {
    nextRunAt: nextRunAfter(schedule, now)?.toISOString() ?? null,
    overdueSince: overdueSince(schedule, since, now)?.toISOString() ?? null,
  };
}
