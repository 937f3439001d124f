// Puts the tables in order after a run that wrote much: the planner's statistics, and the search index.
import { type Queryable, run, runOne, sql } from '../../sql.ts';

/** Rows written from which it is worth it; below that autovacuum will do. */
const MUCH = 5_000;

/** After the run is over, so that nobody waits for it; doing it twice, or not at all, harms nothing. */
export async function settleTables(on: Queryable, runId: string): Promise<void> {
  const row = await runOne<{ written: number }>(
    on,
    sql`select count(*)::int as written from object_change where run_id = ${runId}`,
  );
  if ((row?.written ?? 0) === 0) return;
  // The search index keeps new entries in a list that every search reads: it is emptied whatever its size.
  await run(on, sql`select gin_clean_pending_list('directory_object_search')`);
  if ((row?.written ?? 0) < MUCH) return;
  await run(on, sql`analyze directory_object, object_scope, object_reference, membership, object_change`);
}
