// Deletes a sync project and gives up its claims on objects; the history of its runs stays.
import type pg from 'pg';
import { AppError } from '../../domain/app-error.ts';
import { longTransaction } from '../long-transaction.ts';
import { run, runOne, sql } from '../sql.ts';
import { lockCorrelation } from './correlation/lock.ts';
import { releaseProject } from './release-project.ts';
import { rowVersion } from './row-version.ts';

/**
 * Says whether there was such a project.
 * @param check told the version (see `getProject`) that is to be deleted; throws where it is another than was meant
 * @throws AppError `conflict` while a run of it is queued or going.
 */
export function deleteProject(
  pool: pg.Pool,
  id: string,
  check: (version: string) => void = () => {},
): Promise<boolean> {
  return longTransaction(pool, async (client) => {
    // A trigger locks the same row, so that no run is queued between this look and the deletion.
    const project = await runOne<{ connectionId: string; version: string }>(
      client,
      sql`
        select connection_id as "connectionId", ${rowVersion('sync_project')} as version
        from sync_project where id = ${id}::uuid for update`,
    );
    if (!project) return false;
    check(project.version);
    // Served by sync_run_open.
    const open = await runOne<{ status: string }>(
      client,
      sql`select status from sync_run where project_id = ${id}::uuid and status in ('queued', 'running', 'paused') limit 1`,
    );
    if (open)
      throw new AppError(
        'conflict',
        `A run of this project is ${open.status}; cancel it or wait until it is over.`,
      );
    await noteAccounts(client, { projectId: id, connectionId: project.connectionId });
    await releaseProject(client, { projectId: id, connectionId: project.connectionId });
    // Its accounts are gone, or have other rules: the next correlation evaluates them. Keeps others waiting, so it is last.
    await lockCorrelation(client);
    await client.query(
      'insert into correlation_dirty select object_id from released order by 1 on conflict do nothing',
    );
    await run(client, sql`delete from sync_project where id = ${id}::uuid`);
    return true;
  });
}

/** What the project claims, in the temporary table `released`. Served by object_scope_claim and directory_object_id. */
async function noteAccounts(
  client: pg.PoolClient,
  { projectId, connectionId }: { projectId: string; connectionId: string },
): Promise<void> {
  await client.query('create temp table released (object_id uuid) on commit drop');
  await run(
    client,
    sql`
      insert into released
      select s.object_id from object_scope s
      join directory_object o on o.id = s.object_id and o.connection_id = ${connectionId}::uuid
      where s.project_id = ${projectId}::uuid and s.connection_id = ${connectionId}::uuid and o.object_class = 'user'`,
  );
}
