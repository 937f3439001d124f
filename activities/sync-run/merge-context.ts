// What merge, memberships and cleanup share: one read's staging, and the check that it is still whole.
import type pg from 'pg';
import type { BatchRange, MergeScope } from '../../database/queries/sync/merge-objects.ts';
import { type RecordedRead, recordedRead } from '../../database/queries/sync/record-read.ts';
import type { BatchKey } from '../../database/queries/sync/run-batches.ts';
import { isBatchApplied, recordBatch } from '../../database/queries/sync/run-batches.ts';
import { stagedCount, stagingTables } from '../../database/queries/sync/staging.ts';
import { connectionTurn } from '../../database/run-fence.ts';
import type { Queryable } from '../../database/sql.ts';
import { StagingLost } from '../../domain/run-failure.ts';
import type { StepContext, StepInput } from './run-step.ts';

export interface MergeInput extends StepInput {
  readEpoch: number;
  /** The staging of the read may become the connection's partitions (see adopt-read). */
  adoptable: boolean;
}

/** Staged pages that one statement takes: about 5,000 objects. */
const PAGES_A_STATEMENT = 5;

export function mergeScope({ plan, deps }: StepContext, readEpoch: number): MergeScope {
  return {
    runId: plan.runId,
    projectId: plan.projectId,
    connectionId: plan.connectionId,
    instant: plan.instant,
    tables: stagingTables(plan.runId, readEpoch),
    linksFollow: deps.connectors.definition(plan.connectionType).linksFollow ?? false,
  };
}

/**
 * Staging is unlogged: a crash of PostgreSQL empties it while the run's log still tells its size. What was adopted
 * is logged, and no staging any more.
 * @throws StagingLost when they differ, for the workflow to read again.
 */
export async function verifyStaging(on: Queryable, runId: string, readEpoch: number): Promise<RecordedRead> {
  const recorded = await recordedRead(on, runId, readEpoch);
  if (recorded?.adopted) return recorded;
  const staged = await stagedCount(on, stagingTables(runId, readEpoch));
  if (recorded && staged === recorded.staged) return recorded;
  throw new StagingLost('The staged entries were lost in a crash of the database; the source is read again.');
}

/** The staged pages 0–`last` in the ranges that one statement takes, and which share of them comes before each. */
export function* pageRanges(last: number): Generator<{ range: BatchRange; share: number }> {
  for (let first = 0; first <= last; first += PAGES_A_STATEMENT)
    yield { range: { first, last: first + PAGES_A_STATEMENT - 1 }, share: first / (last + 1) };
}

/** Applies one batch in the connection's turn, once: what has its row in the ledger is passed over. */
export async function applyBatch(
  context: StepContext,
  key: BatchKey,
  percent: number,
  work: (client: pg.PoolClient) => Promise<object>,
): Promise<void> {
  context.signal.throwIfAborted();
  const { deps, fence, plan } = context;
  await connectionTurn(deps.database.pool, fence, plan.connectionId, async (client) => {
    if (await isBatchApplied(client, key)) return;
    await recordBatch(client, key, percent, { ...(await work(client)) } as Record<string, number>);
  });
}
