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

/** Enters the batch with its counts, in the transaction that applied it. */
export async function recordBatch(
  client: pg.PoolClient,
  key: BatchKey,
  counts: Record<string, number>,
): Promise<void> {
  await run(
    client,
    sql`
      insert into sync_run_batch (run_id, step, epoch, batch, counts)
      values (${key.runId}, ${key.step}, ${key.readEpoch}, ${key.batch}, ${JSON.stringify(counts)}::jsonb)`,
  );
}

/**
 * Shows what a batch brought while the run is going: only for whoever watches, the run's final counts come from
 * what it wrote. Outside the batch's transaction, and only while `epoch` is the run's.
 */
export async function showBatch(
  on: Queryable,
  at: { runId: string; epoch: number; step: StepName; percent: number },
  counts: Record<string, number>,
): Promise<void> {
  await run(
    on,
    sql`
      update sync_run set
        progress_step = ${at.step},
        progress_percent = greatest(progress_percent, ${Math.floor(at.percent)}),
        counts = counts || (
          select coalesce(jsonb_object_agg(key, coalesce((counts ->> key)::int, 0) + value::int), '{}')
          from jsonb_each_text(${JSON.stringify(counts)}::jsonb))
      where id = ${at.runId} and epoch = ${at.epoch} and status = 'running'`,
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
