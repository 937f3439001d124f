// Drops staging tables that a run left behind: who was to drop them died between the run's end and that.
import { type Queryable, run, sql } from '../../sql.ts';
import { dropStaging } from '../sync/staging.ts';

/** Drops what belongs to no open run, nor to one that ended within the hour. One transaction a run. */
export async function dropForsakenStaging(on: Queryable): Promise<void> {
  const forsaken = await run<{ runId: string }>(
    on,
    sql`
      select distinct named.id as "runId"
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      cross join lateral (select substring(c.relname from '_([0-9a-f]{32})_[0-9]+$')::uuid as id) named
      where n.nspname = 'staging' and c.relkind = 'r' and named.id is not null
        and not exists (select from sync_run r where r.id = named.id
                          and (r.finished_at is null or r.finished_at > now() - interval '1 hour'))`,
  );
  for (const { runId } of forsaken) await dropStaging(on, runId);
}
