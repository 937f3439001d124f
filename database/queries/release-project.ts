// Takes a deleted project's claims off its objects; what nobody else claims is removed, as if its source had lost it.
import type pg from 'pg';
import { lockConnection } from '../run-fence.ts';
import { run, sql } from '../sql.ts';
import { removeObjects } from './sync/remove-objects.ts';

/** Objects that one statement takes. */
const BATCH = 5_000;

/** Must run in the transaction that deletes the project, so that no object keeps a claim of nobody. */
export async function releaseProject(
  client: pg.PoolClient,
  project: { projectId: string; connectionId: string },
): Promise<{ deactivated: number }> {
  await lockConnection(client, project.connectionId);
  const instant = new Date();
  let deactivated = 0;
  for (;;) {
    const rows = await run<{ id: string }>(
      client,
      sql`select object_id as id from object_scope where project_id = ${project.projectId} limit ${BATCH}`,
    );
    if (rows.length === 0) return { deactivated };
    const scope = { ...project, runId: null, instant };
    deactivated += (
      await removeObjects(
        client,
        scope,
        rows.map((row) => row.id),
      )
    ).deactivated;
  }
}
