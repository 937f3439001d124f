// The ledger of a run: a batch is applied once, its row commits with what it wrote.
import type pg from 'pg';
import { type Queryable, run, runOne, sql } from '../../sql.ts';
import type { StepName } from './claim-run.ts';

export interface BatchKey {
  runId: string;
  step: StepName;
  /** The epoch of the read whose staging the batch is a part of. */
  readEpoch: number;
  batch: number;
}

/** Whether the batch has been applied; served by the ledger's key. */
export async function isBatchApplied(client: pg.PoolClient, key: BatchKey): Promise<boolean> {
  const row = await runOne(
    client,
    sql`
      select 1 from sync_run_batch
      where run_id = ${key.runId} and step = ${key.step} and epoch = ${key.readEpoch} and batch = ${key.batch}`,
  );
  return row !== undefined;
}

/**
 * Enters the batch with its counts, in the transaction that applied it, and adds them to those that the run shows
 * while it is going.
 */
export async function recordBatch(
  client: pg.PoolClient,
  key: BatchKey,
  percent: number,
  counts: Record<string, number>,
): Promise<void> {
  await run(
    client,
    sql`
      insert into sync_run_batch (run_id, step, epoch, batch, counts)
      values (${key.runId}, ${key.step}, ${key.readEpoch}, ${key.batch}, ${JSON.stringify(counts)}::jsonb)`,
  );
  await run(
    client,
    sql`
      update sync_run set
        progress_step = ${key.step},
        progress_percent = greatest(progress_percent, ${Math.floor(percent)}),
        counts = counts || (
          select coalesce(jsonb_object_agg(key, coalesce((counts ->> key)::int, 0) + value::int), '{}')
          from jsonb_each_text(${JSON.stringify(counts)}::jsonb))
      where id = ${key.runId}`,
  );
}

/** The next free number of a step's ledger, for steps that are not numbered by staging. */
export async function nextBatch(on: Queryable, key: Omit<BatchKey, 'batch'>): Promise<number> {
  const row = await runOne<{ next: number }>(
    on,
    sql`
      select coalesce(max(batch) + 1, 0) as next from sync_run_batch
      where run_id = ${key.runId} and step = ${key.step} and epoch = ${key.readEpoch}`,
  );
  return row?.next ?? 0;
}
