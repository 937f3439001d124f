// What the steps of a run need to know of its project and connection.
import type { AttributeMapping } from '../../../domain/object-fields.ts';
import type { ProjectScope, SyncMode } from '../../entities/sync-project.ts';
import { type Queryable, runOne, sql } from '../../sql.ts';

export interface RunPlan {
  runId: string;
  projectId: string;
  projectName: string;
  connectionId: string;
  connectionType: string;
  config: Record<string, unknown>;
  /** Field → sealed secret. */
  secrets: Record<string, string>;
  scopes: ProjectScope[];
  attributeMappings: AttributeMapping[];
  deleteThresholdPercent: number;
  errorThreshold: number;
  overrideDeleteThreshold: boolean;
  /** What was asked for; see read-choice for what is read. */
  mode: SyncMode;
  /** Tells what would change, and changes nothing. */
  dryRun: boolean;
  /** Every how many incremental runs all ids are compared; 0: never. */
  idScanEveryRuns: number;
  /** The instant that all of this run is dated with: when it started. */
  instant: Date;
}

/** Null when the project or connection has been deleted meanwhile. */
export async function runPlan(on: Queryable, runId: string): Promise<RunPlan | null> {
  const row = await runOne<RunPlan>(
    on,
    sql`
      select r.id as "runId", p.id as "projectId", p.name as "projectName", c.id as "connectionId",
             c.type as "connectionType", c.config, c.secrets, p.scopes, p.attribute_mappings as "attributeMappings",
             p.delete_threshold_percent as "deleteThresholdPercent", p.error_threshold as "errorThreshold",
             r.override_delete_threshold as "overrideDeleteThreshold", r.started_at as instant,
             r.mode, r.dry_run as "dryRun", p.id_scan_every_runs as "idScanEveryRuns"
      from sync_run r
      join sync_project p on p.id = r.project_id
      join connection c on c.id = p.connection_id
      where r.id = ${runId}`,
  );
  return row ?? null;
}

/** How many objects a project claims: what a full read is expected to bring. Served by the partition's claims as a whole. */
export async function countClaims(
  on: Queryable,
  project: { projectId: string; connectionId: string },
): Promise<number> {
  const row = await runOne<{ claims: number }>(
    on,
    sql`
      select count(*)::int as claims from object_scope
      where connection_id = ${project.connectionId} and project_id = ${project.projectId}`,
  );
  return row?.claims ?? 0;
}
