// Deletes a connection with all that was read from it; the history of its runs stays.
import type pg from 'pg';
import { AppError } from '../../domain/app-error.ts';
import { longTransaction } from '../long-transaction.ts';
import { PARTITIONED } from '../partitions.ts';
import { lockConnection } from '../run-fence.ts';
import { run, runOne, sql } from '../sql.ts';

/**
 * Says whether there was such a connection. Its partitions stay behind, empty, until `dropForsakenPartitions` finds
 * a moment in which nobody uses the tables.
 * @throws AppError `conflict` while sync projects or identity profiles use it.
 */
export function deleteConnection(pool: pg.Pool, id: string): Promise<boolean> {
  return longTransaction(pool, async (client) => {
    const found = await runOne(client, sql`select id from connection where id = ${id}::uuid for update`);
    if (!found) return false;
    // Served by sync_project_connection.
    const projects = await run<{ name: string }>(
      client,
      sql`select name from sync_project where connection_id = ${id}::uuid order by name limit 5`,
    );
    if (projects.length > 0)
      throw new AppError(
        'conflict',
        `Sync projects use this connection; delete them first: ${projects.map(({ name }) => name).join(', ')}.`,
      );
    // Served by identity_profile_connection.
    const profiles = await run<{ name: string }>(
      client,
      sql`select name from identity_profile where connection_id = ${id}::uuid order by name limit 5`,
    );
    if (profiles.length > 0)
      throw new AppError(
        'conflict',
        `Identity profiles name this connection as their authoritative source; change or delete them first: ${profiles.map(({ name }) => name).join(', ')}.`,
      );
    await lockConnection(client, id);
    for (const table of [...PARTITIONED, 'object_count', 'object_filter_count'])
      await run(client, sql`delete from ${sql.table(table)} where connection_id = ${id}::uuid`);
    await run(
      client,
      sql`update sync_run set keeps_changes = false where connection_id = ${id}::uuid and keeps_changes`,
    );
    await run(client, sql`delete from connection where id = ${id}::uuid`);
    return true;
  });
}
