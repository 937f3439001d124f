// Keeps the totals a connection and class that unfiltered lists answer with.
import type pg from 'pg';
import { run, sql } from '../../sql.ts';

/** How many objects of a class came (or went, when negative) among the present and among the removed. */
export interface CountChange {
  objectClass: string;
  present: number;
  removed: number;
}

/**
 * Adds the changes up; the last statement of its transaction, since the rows are shared by batches that run side by
 * side, and in one order, so that two of them cannot wait for each other.
 */
export async function adjustObjectCounts(
  client: pg.PoolClient,
  connectionId: string,
  changes: CountChange[],
): Promise<void> {
  if (changes.length === 0) return;
  await run(
    client,
    sql`
      insert into object_count (connection_id, object_class, present, removed)
      select ${connectionId}::uuid, "objectClass", sum(present), sum(removed)
      from jsonb_to_recordset(${JSON.stringify(changes)}::jsonb) as c ("objectClass" text, present int, removed int)
      group by "objectClass" order by "objectClass"
      on conflict (connection_id, object_class) do update
        set present = object_count.present + excluded.present, removed = object_count.removed + excluded.removed`,
  );
}
