// Deletes a connection with all that was read from it; the history of its runs stays.
import type pg from 'pg';
import { AppError } from '../../domain/app-error.ts';
import type { Source } from '../../domain/identity-profiles/profile-config.ts';
import { longTransaction } from '../long-transaction.ts';
import { PARTITIONED } from '../partitions.ts';
import { lockConnection } from '../run-fence.ts';
import { run, runOne, sql } from '../sql.ts';
import { lockCorrelation } from './correlation/lock.ts';
import { profilesReading } from './identity-profiles/profiles-reading.ts';
import { forgetConnection } from './persons/forget-connection.ts';
import { rowVersion } from './row-version.ts';

/**
 * Says whether there was such a connection. Its partitions stay behind, empty, until `dropForsakenPartitions` finds
 * a moment in which nobody uses the tables.
 * @param by who deletes it
 * @param check told the version (see `getConnection`) that is to be deleted; throws where it is another than was meant
 * @throws AppError `conflict` while sync projects or identity profiles use it.
 */
export function deleteConnection(
  pool: pg.Pool,
  id: string,
  { by, check = () => {} }: { by: string; check?: (version: string) => void },
): Promise<boolean> {
  return longTransaction(pool, async (client) => {
    const found = await runOne<Source & { version: string }>(
      client,
      sql`select id, name, ${rowVersion('connection')} as version from connection where id = ${id}::uuid for update`,
    );
    if (!found) return false;
    check(found.version);
    await refuseWhileUsed(client, found);
    await lockConnection(client, id);
    for (const table of [...PARTITIONED, 'object_count', 'object_filter_count'])
      await run(client, sql`delete from ${sql.table(table)} where connection_id = ${id}::uuid`);
    // The rest keeps correlations waiting, which write to runs too: it comes last, and the runs after the lock.
    await lockCorrelation(client);
    await forgetConnection(client, id, by);
    await run(
      client,
      sql`update sync_run set keeps_changes = false where connection_id = ${id}::uuid and keeps_changes`,
    );
    await run(client, sql`delete from connection where id = ${id}::uuid`);
    return true;
  });
}

/** How many names a message has. */
const NAMES_SHOWN = 5;

function refuseFor(names: readonly string[], message: string): void {
  if (names.length > 0)
    throw new AppError('conflict', `${message}: ${names.slice(0, NAMES_SHOWN).join(', ')}.`);
}

/** Served by sync_project_connection and identity_profile_connection. */
async function refuseWhileUsed(client: pg.PoolClient, connection: Source): Promise<void> {
  const users: [table: string, message: string][] = [
    ['sync_project', 'Sync projects use this connection; delete them first'],
    [
      'identity_profile',
      'Identity profiles name this connection as their authoritative source; change or delete them first',
    ],
  ];
  for (const [table, message] of users) {
    const found = await run<{ name: string }>(
      client,
      sql`select name from ${sql.table(table)} where connection_id = ${connection.id}::uuid order by name`,
    );
    refuseFor(
      found.map(({ name }) => name),
      message,
    );
  }
  refuseFor(
    await profilesReading(client, connection),
    'Identity profiles read this connection in their transforms; change or delete them first',
  );
}
