// The run's logged account of a read: how much was staged, what was rejected, when it is complete.
import type pg from 'pg';
import type { RejectedEntry } from '../../../domain/source-entry.ts';
import type { RunFence } from '../../run-fence.ts';
import { type Queryable, run, runOne, sql } from '../../sql.ts';

/** Rows of `sync_run_error` kept a run; the count goes on beyond them. */
const KEPT_ERRORS = 10_000;

/** A read begins (again): nothing of an earlier one counts. Called inside the fence. */
export async function resetRead(client: pg.PoolClient, runId: string): Promise<void> {
  await run(
    client,
    sql`
      update sync_run set staged_epoch = null, adopted = false, staged_count = 0, rejected_count = 0, counts = counts - 'read' - 'errors'
      where id = ${runId}`,
  );
  await run(client, sql`delete from sync_run_error where run_id = ${runId} and step = 'read'`);
}

/** One page was staged; commits with it. */
export async function recordPage(
  client: pg.PoolClient,
  page: {
    runId: string;
    epoch: number;
    staged: number;
    rejected: RejectedEntry[];
    notices: string[];
    percent: number;
  },
): Promise<void> {
  await run(
    client,
    sql`
      update sync_run set
        staged_count = staged_count + ${page.staged}, rejected_count = rejected_count + ${page.rejected.length},
        counts = counts || jsonb_build_object('read', staged_count + ${page.staged} + rejected_count + ${page.rejected.length},
                                              'errors', rejected_count + ${page.rejected.length}),
        progress_step = 'read', progress_percent = greatest(progress_percent, ${Math.floor(page.percent)})
      where id = ${page.runId}`,
  );
  const errors = [
    ...page.rejected.map((entry) => ({
      dn: entry.distinguishedName,
      code: entry.code as string,
      message: entry.message,
    })),
    ...page.notices.map((message) => ({ dn: null, code: 'notice', message })),
  ];
  if (errors.length === 0) return;
  await run(
    client,
    sql`
      insert into sync_run_error (run_id, epoch, step, distinguished_name, code, message)
      select ${page.runId}, ${page.epoch}, 'read', e.dn, e.code, e.message
      from jsonb_to_recordset(${JSON.stringify(errors)}::jsonb) as e (dn text, code text, message text)
      where (select count(*) from sync_run_error where run_id = ${page.runId}) < ${KEPT_ERRORS}`,
  );
}

/**
 * The read is complete, less what it brought twice: from now on its staging may be merged.
 * @param sent what this read sent in all; its pages commit without waiting for the disk, so that a crash of
 *   PostgreSQL may have taken some that nobody else would miss
 * @returns false when not all of it is there: the source must be read again
 */
export async function completeRead(
  client: pg.PoolClient,
  fence: RunFence,
  sent: { staged: number; rejected: number; repeated: number },
): Promise<boolean> {
  const complete = await runOne(
    client,
    sql`
      update sync_run set
        staged_epoch = ${fence.epoch}, staged_count = staged_count - ${sent.repeated},
        counts = counts || jsonb_build_object('read', staged_count - ${sent.repeated} + rejected_count)
      where id = ${fence.runId} and staged_count = ${sent.staged} and rejected_count = ${sent.rejected}
      returning id`,
  );
  return complete !== undefined;
}

/** The run's account of a complete read. */
export interface RecordedRead {
  staged: number;
  rejected: number;
  /** All that was staged has become the connection's partitions: there is nothing to merge or to remove. */
  adopted: boolean;
}

/** What the log says was staged by the read of `epoch`; null when another read came after it. */
export async function recordedRead(
  on: Queryable,
  runId: string,
  epoch: number,
): Promise<RecordedRead | null> {
  const row = await runOne<RecordedRead>(
    on,
    sql`
      select staged_count::int as staged, rejected_count::int as rejected, adopted
      from sync_run where id = ${runId} and staged_epoch = ${epoch}`,
  );
  return row ?? null;
}

/** Notes that the staging was adopted, in the transaction that does it. */
export async function recordAdoption(client: pg.PoolClient, runId: string): Promise<void> {
  await run(client, sql`update sync_run set adopted = true where id = ${runId}`);
}
