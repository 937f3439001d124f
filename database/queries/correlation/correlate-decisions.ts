// Brings what somebody decided about accounts to the others that it concerns, at once where that is cheap.
import type pg from 'pg';
import { runOne, sql, transaction } from '../../sql.ts';
import { correlate } from './correlate.ts';
import { tryLockCorrelation } from './lock.ts';

/** More accounts than these are left to the next run. */
const MOST = 1_000;

/**
 * Does nothing while another correlation goes on, and where more is waiting to be correlated than decisions: the next
 * run's correlation takes them in.
 * @returns whether it was done
 */
export function correlateDecisions(pool: pg.Pool): Promise<boolean> {
  return transaction(pool, async (client) => {
    if (!(await tryLockCorrelation(client))) return false;
    // sync_run_uncorrelated serves it.
    const waiting = await runOne<{ much: boolean }>(
      client,
      sql`
        select exists (select from correlation_state where asked > answered)
          or exists (select from sync_run where correlated_at is null and not dry_run
                     and status in ('completed', 'failed', 'cancelled'))
          or (select count(*) from (select from correlation_dirty limit ${MOST + 1}) d) > ${MOST} as much`,
    );
    if (waiting?.much ?? true) return false;
    await correlate(client, null);
    return true;
  });
}
