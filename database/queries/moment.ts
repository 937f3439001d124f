// What it takes to answer for a past moment: when a connection's history begins, and how objects were named then.
import { type Queryable, type RawBuilder, runOne, sql } from '../sql.ts';

/**
 * The instant of the connection's first completed run: of the time before, nothing is known. Null while there is none.
 * Served by sync_run_completed.
 */
export async function historyBegin(on: Queryable, connectionId: string): Promise<Date | null> {
  const row = await runOne<{ begin: Date | null }>(
    on,
    sql`
      select min(started_at) as begin from sync_run
      where connection_id = ${connectionId}::uuid and status = 'completed' and not dry_run`,
  );
  return row?.begin ?? null;
}

/**
 * A join that adds `was`: what the first change after `moment` found the object `id` to be, and so what it was at
 * `moment`. All null where nothing changed since. Served by object_change_later, which holds changes only.
 */
export function joinWas(connectionId: string, id: RawBuilder<unknown>, moment: Date): RawBuilder<unknown> {
  return sql`
    left join lateral (
      select c.name_before, c.distinguished_name_before, c.active_before from object_change c
      where c.connection_id = ${connectionId}::uuid and c.object_id = ${id} and c.kind <> 'created'
        and c.at > ${moment}::timestamptz
      order by c.at limit 1) was on true`;
}

/** The name, DN and activity of the row `d` of directory_object, at the moment that `was` was joined for, if any. */
export function namesOf(moment: Date | null): Record<'name' | 'dn' | 'active', RawBuilder<unknown>> {
  if (moment === null)
    return { name: sql`d.display_name`, dn: sql`d.distinguished_name`, active: sql`d.is_active` };
  // A change without a name is older than these columns: then the present ones are the best there are.
  const then = (before: string, now: string) =>
    sql.raw(`case when was.name_before is null then ${now} else ${before} end`);
  return {
    name: then('was.name_before', 'd.display_name'),
    dn: then('was.distinguished_name_before', 'd.distinguished_name'),
    active: then('was.active_before', 'd.is_active'),
  };
}
