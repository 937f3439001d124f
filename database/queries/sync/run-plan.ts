// What the steps of a run need to know of its project and connection.
import type { AttributeMapping } from '../../../domain/object-fields.ts';
import type { ProjectScope } from '../../entities/sync-project.ts';
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
  /** The instant that all of this run is dated with: when it started. */
  instant: Date;
  /** Objects that the project claims: what a read is expected to bring. */
  expected: number;
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
             (select count(*) from object_scope s where s.connection_id = c.id and s.project_id = p.id)::int as expected
      from sync_run r
      join sync_project p on p.id = r.project_id
      join connection c on c.id = p.connection_id
      where r.id = ${runId}`,
  );
  return row ?? null;
}
