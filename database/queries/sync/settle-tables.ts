// Puts a connection's partitions in order after a run that wrote much: the planner's statistics, and the search index.
import { PARTITIONED, partitionName } from '../../partitions.ts';
import { type Queryable, run, runOne, sql } from '../../sql.ts';

/** Rows written from which it is worth it; below that autovacuum will do. */
const MUCH = 5_000;

/** After the run is over, so that nobody waits for it; doing it twice, or not at all, harms nothing. */
export async function settleTables(on: Queryable, runId: string): Promise<void> {
  // Served by object_change_run.
  const row = await runOne<{ connectionId: string; written: number }>(
    on,
    sql`
      select r.connection_id as "connectionId", (
        select count(*) from object_change c where c.run_id = r.id and c.connection_id = r.connection_id)::int as written
      from sync_run r where r.id = ${runId}`,
  );
  if (!row || row.written === 0) return;
  const { connectionId, written } = row;
  // The search index keeps new entries in a list that every search reads: it is emptied whatever its size.
  await run(
    on,
    sql`
      select gin_clean_pending_list(x.indexrelid)
      from pg_inherits i join pg_index x on x.indexrelid = i.inhrelid
      where i.inhparent = 'directory_object_search'::regclass
        and x.indrelid = to_regclass(${partitionName('directory_object', connectionId)})`,
  );
  if (written < MUCH) return;
  // The parents' statistics tell joins over all connections how many rows to expect.
  const partitions = PARTITIONED.map((table) => partitionName(table, connectionId));
  await run(
    on,
    sql`analyze ${sql.raw([...partitions, ...PARTITIONED.map((table) => `only ${table}`)].join(', '))}`,
  );
}
