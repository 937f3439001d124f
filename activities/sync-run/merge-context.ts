// What merge, memberships and cleanup share: one read's staging, and the check that it is still whole.
import type pg from 'pg';
import type { MergeScope } from '../../database/queries/sync/merge-objects.ts';
import { recordedRead } from '../../database/queries/sync/record-read.ts';
import type { BatchKey } from '../../database/queries/sync/run-batches.ts';
import { isBatchApplied, recordBatch, showBatch } from '../../database/queries/sync/run-batches.ts';
import { stagedCount, stagingTables } from '../../database/queries/sync/staging.ts';
import { fencedBatch } from '../../database/run-fence.ts';
import { StagingLost } from '../../domain/run-failure.ts';
import type { StepContext, StepInput } from './run-step.ts';

export interface MergeInput extends StepInput {
  readEpoch: number;
}

export function mergeScope({ plan }: StepContext, readEpoch: number): MergeScope {
  return {
    runId: plan.runId,
    projectId: plan.projectId,
    connectionId: plan.connectionId,
    instant: plan.instant,
    tables: stagingTables(plan.runId, readEpoch),
  };
}

/**
 * Staging is unlogged: a crash of PostgreSQL empties it while the run's log still tells its size.
 * @throws StagingLost when they differ, for the workflow to read again.
 */
export async function verifyStaging(
  { deps, plan }: StepContext,
  readEpoch: number,
): Promise<{ staged: number; rejected: number }> {
  const { pool } = deps.database;
  const recorded = await recordedRead(pool, plan.runId, readEpoch);
  const staged = await stagedCount(pool, stagingTables(plan.runId, readEpoch));
  if (recorded && staged === recorded.staged) return recorded;
  throw new StagingLost('The staged entries were lost in a crash of the database; the source is read again.');
}

/** Applies one batch, once: what has its row in the ledger is passed over. Belongs into the connection's turn. */
export async function applyBatch(
  context: StepContext,
  key: BatchKey,
  percent: number,
  work: (client: pg.PoolClient) => Promise<object>,
): Promise<void> {
  context.signal.throwIfAborted();
  const { pool } = context.deps.database;
  const { fence } = context;
  const counts = await fencedBatch(pool, fence, async (client) => {
    if (await isBatchApplied(client, key)) return {};
    const applied = { ...(await work(client)) } as Record<string, number>;
    await recordBatch(client, key, applied);
    return applied;
  });
  await showBatch(pool, { ...fence, step: key.step, percent }, counts);
}

/** Statements of one step that go side by side: one for each core of a small database server. */
const SIDE_BY_SIDE = 2;

/** Does `work` for 0, `step`, 2 × `step` … up to `last`, a few at a time; none is left running when it ends. */
export async function sideBySide(
  last: number,
  step: number,
  work: (first: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  let failed = false;
  const lane = async () => {
    while (next <= last && !failed) {
      const first = next;
      next += step;
      await work(first).catch((error: unknown) => {
        failed = true;
        throw error;
      });
    }
  };
  const outcomes = await Promise.allSettled(Array.from({ length: SIDE_BY_SIDE }, lane));
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}
