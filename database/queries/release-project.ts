// Takes a deleted project's claims off its objects; what nobody else claims is removed, as if its source had lost it.
import type pg from 'pg';
import { lockConnection } from '../run-fence.ts';
import { run, runOne, sql } from '../sql.ts';
import { bindReferences } from './sync/bind-references.ts';
import { removeObjects } from './sync/remove-objects.ts';

/** Objects that one statement takes. */
const BATCH = 5_000;

/** Must run in the transaction that deletes the project, so that no object keeps a claim of nobody. */
export async function releaseProject(
  client: pg.PoolClient,
  project: { projectId: string; connectionId: string },
): Promise<{ deactivated: number }> {
  await lockConnection(client, project.connectionId);
  const clock = await runOne<{ now: Date }>(client, sql`select clock_timestamp() as now`);
  const instant = clock?.now ?? new Date();
  let deactivated = 0;
  for (;;) {
    const rows = await run<{ id: string }>(
      client,
      sql`select object_id as id from object_scope
          where connection_id = ${project.connectionId} and project_id = ${project.projectId} limit ${BATCH}`,
    );
    if (rows.length === 0) break;
    const scope = { ...project, runId: null, instant };
    deactivated += (
      await removeObjects(
        client,
        scope,
        rows.map((row) => row.id),
      )
    ).deactivated;
  }
  // A name that a removed object answered to may be another's by now.
  if (deactivated > 0) await bindReferences(client, { connectionId: project.connectionId, instant });
  return { deactivated };
}
