// Keeps the totals that lists answer with: a connection and class, and those by status and department.
import type pg from 'pg';
import { run, sql } from '../../sql.ts';

/** How many objects of a class came (or went, when negative) among the present and among the removed. */
export interface CountChange {
  objectClass: string;
  status: string;
  /** Folded by PostgreSQL; '' where there is none. */
  department: string;
  present: number;
  removed: number;
}

/** What of an object decides where it counts: columns of the row named `row`. */
export const countedBy = (row: string) =>
  sql.raw(
    `${row}.object_class as "objectClass", ${row}.status, coalesce(lower(${row}.department), '') as department`,
  );

/**
 * Adds the changes up; the last statements of their transaction, since the rows are shared by batches that run
 * side by side, and in one order, so that two of them cannot wait for each other.
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
  await run(
    client,
    sql`
      insert into object_filter_count (connection_id, object_class, department, status, present)
      select ${connectionId}::uuid, "objectClass", department, status, sum(present)
      from jsonb_to_recordset(${JSON.stringify(changes)}::jsonb)
        as c ("objectClass" text, department text collate pg_c_utf8, status text, present int)
      group by "objectClass", department, status having sum(present) <> 0
      order by "objectClass", department, status
      on conflict (connection_id, object_class, department, status) do update
        set present = object_filter_count.present + excluded.present`,
  );
}
