// The run's logged account of a read: how much was staged, what was rejected, when it is complete.
import type pg from 'pg';
import type { RejectedEntry } from '../../../domain/source-entry.ts';
import type { SyncMode } from '../../entities/sync-project.ts';
import type { RunFence } from '../../run-fence.ts';
import { type Queryable, run, runOne, sql } from '../../sql.ts';
import type { NextWatermark } from './watermarks.ts';

/** Rows of `sync_run_error` kept a run; the count goes on beyond them. */
const KEPT_ERRORS = 10_000;

/** A read begins (again): nothing of an earlier one counts. Called inside the fence. */
export async function resetRead(client: pg.PoolClient, runId: string): Promise<void> {
  await run(
    client,
    sql`
      update sync_run set staged_epoch = null, read_position = null, adopted = false, staged_count = 0, rejected_count = 0, ids_scanned = false,
        next_watermark = null, counts = counts - 'read' - 'errors'
      where id = ${runId}`,
  );
  await run(client, sql`delete from sync_run_error where run_id = ${runId} and step = 'read'`);
  await run(client, sql`delete from sync_pending_removal where run_id = ${runId}`);
}

/** Notes what is read, and, as the first of the run's errors, why it is not what was asked for. */
export async function recordReadMode(
  client: pg.PoolClient,
  { runId, epoch }: RunFence,
  mode: SyncMode,
  reason: string | null,
): Promise<void> {
  await run(client, sql`update sync_run set read_mode = ${mode} where id = ${runId}`);
  if (reason === null) return;
  await run(
    client,
    sql`
      insert into sync_run_error (run_id, epoch, step, code, message)
      values (${runId}, ${epoch}, 'read', 'full_read', ${`Everything was read instead of what changed. ${reason}`})`,
  );
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

/** What a read has brought and found, when it is complete. */
export interface CompleteRead {
  /** What it sent in all, and how many entries came twice. */
  staged: number;
  rejected: number;
  repeated: number;
  idsScanned: boolean;
  next: NextWatermark | null;
}

/**
 * The read is complete, less what it brought twice: from now on its staging may be merged. Its pages commit without
 * waiting for the disk, so that a crash of PostgreSQL may have taken some that nobody else would miss.
 * @returns false when not all of it is there: the source must be read again
 */
export async function completeRead(
  client: pg.PoolClient,
  fence: RunFence,
  { staged, rejected, repeated, idsScanned, next }: CompleteRead,
): Promise<boolean> {
  const complete = await runOne(
    client,
    sql`
      update sync_run set
        staged_epoch = ${fence.epoch}, read_position = null, staged_count = staged_count - ${repeated},
        ids_scanned = ${idsScanned}, next_watermark = ${next && JSON.stringify(next)}::jsonb,
        counts = counts || jsonb_build_object('read', staged_count - ${repeated} + rejected_count)
      where id = ${fence.runId} and staged_count = ${staged} and rejected_count = ${rejected}
      returning id`,
  );
  return complete !== undefined;
}

/** The run's account of a complete read. */
export interface RecordedRead {
  mode: SyncMode;
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
      select read_mode as mode, staged_count::int as staged, rejected_count::int as rejected, adopted
      from sync_run where id = ${runId} and staged_epoch = ${epoch}`,
  );
  return row ?? null;
}

/** Notes that the staging was adopted, in the transaction that does it. */
export async function recordAdoption(client: pg.PoolClient, runId: string): Promise<void> {
  await run(client, sql`update sync_run set adopted = true where id = ${runId}`);
}
