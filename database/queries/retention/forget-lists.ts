// Forgets the long lists of a run, some rows at a time.
import { type Queryable, run, sql } from '../../sql.ts';

/** Rows that one statement takes. */
const BATCH = 5_000;

/** What a dry run answers with. */
export const DRY_RUN_LISTS = ['sync_run_preview', 'sync_pending_removal'] as const;
/** What may have many rows of one run. */
export const RUN_LISTS = [...DRY_RUN_LISTS, 'sync_run_error', 'sync_run_batch'] as const;

/** One batch of the first list that has rows; true when none has. Served by each table's index that begins with the run. */
export async function forgetLists(
  on: Queryable,
  runId: string,
  lists: readonly (typeof RUN_LISTS)[number][],
): Promise<boolean> {
  for (const list of lists) {
    const gone = await run(
      on,
      sql`
        delete from ${sql.table(list)}
        where ctid = any (array(select ctid from ${sql.table(list)} where run_id = ${runId}::uuid limit ${BATCH}))
        returning 1`,
    );
    if (gone.length > 0) return false;
  }
  return true;
}

/**
 * Dry runs that ended more than `days` days ago and whose lists are still there. Served by sync_run_finished, and by
 * the indexes of the lists that begin with the run.
 */
export function dryRunsWithLists(on: Queryable, days: number, limit: number): Promise<{ id: string }[]> {
  return run<{ id: string }>(
    on,
    sql`
      select r.id from sync_run r
      where r.dry_run and r.finished_at is not null
        and coalesce(r.finished_at, r.queued_at) < now() - make_interval(days => ${days})
        and (exists (select from sync_run_preview p where p.run_id = r.id)
             or exists (select from sync_pending_removal p where p.run_id = r.id))
      order by coalesce(r.finished_at, r.queued_at) limit ${limit}`,
  );
}
