// Counts sign-ins that failed, a username and address, and says when the next one is looked at.
import { type Queryable, run, runOne, sql } from '../sql.ts';

/** After this many failures in a row the next try has to wait. */
const FREE_FAILURES = 3;
const LONGEST_DELAY_SECONDS = 300;
/** A count is forgotten when nothing failed for this long. */
const FORGOTTEN_AFTER = '1 hour';

/** Seconds until a try is looked at again; 0 when it is at once. Served by the primary key. */
export async function loginDelay(on: Queryable, key: Buffer): Promise<number> {
  const row = await runOne<{ seconds: number }>(
    on,
    sql`select greatest(0, extract(epoch from retry_after_at - now()))::float8 as seconds
        from login_failure where key = ${key}`,
  );
  return row?.seconds ?? 0;
}

/** Counts a failure; the delay doubles from one second with each failure after the third, up to five minutes. */
export async function recordLoginFailure(on: Queryable, key: Buffer): Promise<void> {
  const next = sql`case when f.failed_at < now() - ${FORGOTTEN_AFTER}::interval then 1 else least(f.failures, 1000) + 1 end`;
  await run(
    on,
    sql`insert into login_failure as f (key, failures, failed_at, retry_after_at) values (${key}, 1, now(), now())
        on conflict (key) do update set
          failures = ${next},
          failed_at = now(),
          retry_after_at = now() + make_interval(secs => case when ${next} < ${FREE_FAILURES}::int then 0
            else least(power(2, least(${next} - ${FREE_FAILURES}::int, 20)), ${LONGEST_DELAY_SECONDS}::int) end)`,
  );
}

/** A sign-in that worked starts the count afresh. */
export async function clearLoginFailures(on: Queryable, key: Buffer): Promise<void> {
  await run(on, sql`delete from login_failure where key = ${key}`);
}

/** Removes counts that are forgotten anyway; the table is small, so it is read as a whole. */
export async function deleteOldLoginFailures(on: Queryable): Promise<void> {
  await run(on, sql`delete from login_failure where failed_at < now() - ${FORGOTTEN_AFTER}::interval`);
}
