// Deletes a connection with all that was read from it; the history of its runs stays.
import type pg from 'pg';
import { AppError } from '../../domain/app-error.ts';
import { longTransaction } from '../long-transaction.ts';
import { lockConnection } from '../run-fence.ts';
import { run, runOne, sql } from '../sql.ts';

/** Tables that hold what was read; each is cleared by connection_id. Few have an index that begins with it: a table may be read as a whole, once. */
const TABLES = ['membership', 'object_reference', 'object_change', 'object_count'];

/** Says whether there was such a connection. @throws AppError `conflict` while sync projects use it. */
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
    await lockConnection(client, id);
    await run(
      client,
      sql`delete from object_scope s using directory_object o
          where o.id = s.object_id and o.connection_id = ${id}::uuid`,
    );
    for (const table of TABLES)
      await run(client, sql`delete from ${sql.table(table)} where connection_id = ${id}::uuid`);
    await run(client, sql`delete from directory_object where connection_id = ${id}::uuid`);
    await run(client, sql`delete from connection where id = ${id}::uuid`);
    return true;
  });
}
