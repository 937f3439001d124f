// Counts sign-ins that failed, a username and address, and says when the next one is looked at.
import { type Queryable, run, runOne, sql } from '../sql.ts';

/** After this many failures in a row the next try has to wait. */
const FREE_FAILURES = 3;
const LONGEST_DELAY_SECONDS = 300;
/** A count is forgotten when nothing failed for this long. */
const FORGOTTEN_AFTER = '1 hour';

/**
 * Counts a try as failed before it is looked at, so that tries at the same moment wait for each other, and
 * answers 0; or, while a delay is running, counts nothing and answers with the seconds that are left of it. The
 * delay doubles from one second with each try after the third, up to five minutes. A try that turns out right is
 * taken back with `clearLoginFailures`. Served by the primary key.
 */
export async function reserveLogin(on: Queryable, key: Buffer): Promise<number> {
  const waiting = sql`f.retry_after_at > now()`;
  const next = sql`case when f.failed_at < now() - ${FORGOTTEN_AFTER}::interval then 1 else least(f.failures, 1000) + 1 end`;
  const delay = sql`case when ${next} < ${FREE_FAILURES}::int then 0
            else least(power(2, least(${next} - ${FREE_FAILURES}::int, 20)), ${LONGEST_DELAY_SECONDS}::int) end`;
  const row = await runOne<{ seconds: number }>(
    on,
    sql`insert into login_failure as f (key, failures, failed_at, retry_after_at) values (${key}, 1, now(), now())
        on conflict (key) do update set
          failures = case when ${waiting} then f.failures else ${next} end,
          failed_at = case when ${waiting} then f.failed_at else now() end,
          retry_after_at = case when ${waiting} then f.retry_after_at
            else now() + make_interval(secs => ${delay}) end
        returning coalesce(greatest(0, extract(epoch from old.retry_after_at - now())), 0)::float8 as seconds`,
  );
  return row?.seconds ?? 0;
}

/** A sign-in that worked starts the count afresh. */
export async function clearLoginFailures(on: Queryable, key: Buffer): Promise<void> {
  await run(on, sql`delete from login_failure where key = ${key}`);
}

/** Removes counts that are forgotten anyway; the table is small, so it is read as a whole. */
export async function deleteOldLoginFailures(on: Queryable): Promise<void> {
  await run(on, sql`delete from login_failure where failed_at < now() - ${FORGOTTEN_AFTER}::interval`);
}
