// Step `cleanup`: what a complete read did not bring is looked up once more, guarded by thresholds, and removed.
import type pg from 'pg';
import { bindReferences } from '../../database/queries/sync/bind-references.ts';
import type { MergeScope } from '../../database/queries/sync/merge-objects.ts';
import { pauseRun } from '../../database/queries/sync/pause-run.ts';
import { type RemovalCounts, removeObjects } from '../../database/queries/sync/remove-objects.ts';
import { nextBatch, recordBatch, showBatch } from '../../database/queries/sync/run-batches.ts';
import { finishStep } from '../../database/queries/sync/run-steps.ts';
import {
  countPendingRemovals,
  keepObjects,
  listVanished,
  pendingRemovals,
} from '../../database/queries/sync/vanished-objects.ts';
import { connectionTurn, fencedTransaction } from '../../database/run-fence.ts';
import { AppError } from '../../domain/app-error.ts';
import { exceedsDeleteThreshold } from '../../domain/delete-threshold.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { type MergeInput, mergeScope, verifyStaging } from './merge-context.ts';
import { withConnector } from './open-connector.ts';
import { percentOf } from './progress.ts';
import { runStep, type StepContext } from './run-step.ts';

export interface CleanUpInput extends MergeInput {
  /** A person approved the listed removals: they are carried out as listed, and nothing else is. */
  approved: boolean;
}

/** `paused` asks the workflow to wait for a person. */
export interface CleanUpResult {
  paused: boolean;
}

const REMOVALS_PER_BATCH = 1_000;
const LOOKUPS_PER_PAGE = 500;

export async function cleanUp(deps: ActivityDependencies, input: CleanUpInput): Promise<CleanUpResult> {
  return runStep(deps, input, ['cleanup'], async (context) => {
    if (!input.approved) {
      const outcome = await listRemovals(context, input);
      if (outcome === 'paused') return { paused: true };
    }
    await removeListed(context, input);
    return { paused: false };
  });
}

async function listRemovals(context: StepContext, input: CleanUpInput): Promise<'listed' | 'paused'> {
  const { plan, fence, deps } = context;
  const read = await verifyStaging(context, input.readEpoch);
  if (read.rejected > plan.errorThreshold)
    throw new AppError(
      'error_threshold_exceeded',
      `${read.rejected} entries could not be read, more than the ${plan.errorThreshold} that the project allows (errorThreshold). ` +
        'Nothing was removed; the errors of this run say which entries and why.',
    );
  const listed = await fencedTransaction(deps.database.pool, fence, (client) =>
    listVanished(client, mergeScope(context, input.readEpoch)),
  );
  if (listed.vanished === 0) return 'listed';
  await keepWhatIsThere(context, read.rejected);
  const pending = await countPendingRemovals(deps.database.pool, plan.runId);
  if (
    plan.overrideDeleteThreshold ||
    !exceedsDeleteThreshold(pending, listed.claimed, plan.deleteThresholdPercent)
  )
    return 'listed';
  await fencedTransaction(deps.database.pool, fence, (client) =>
    pauseRun(client, plan.runId, 'delete_threshold'),
  );
  return 'paused';
}

/**
 * A move during the read looks like a deletion, so each candidate is looked up once more. A source that cannot look
 * up keeps them all when some of its rows were unreadable: one of those may have been the missing one.
 */
async function keepWhatIsThere(context: StepContext, rejected: number): Promise<void> {
  const { plan, fence, deps, signal } = context;
  const { pool } = deps.database;
  await withConnector(context, async (connector) => {
    if (!connector.findExisting && rejected === 0) return;
    if (connector.findExisting) await connector.connect(signal);
    let after: string | null = null;
    for (;;) {
      const page = await pendingRemovals(pool, { runId: plan.runId, after, limit: LOOKUPS_PER_PAGE });
      if (page.length === 0) return;
      const ids = page.map((candidate) => candidate.sourceId);
      const existing = (await connector.findExisting?.(ids, plan.scopes, signal)) ?? new Set(ids);
      const kept = page
        .filter((candidate) => existing.has(candidate.sourceId))
        .map((candidate) => candidate.id);
      await fencedTransaction(pool, fence, (client) => keepObjects(client, plan.runId, kept));
      after = page.at(-1)?.id ?? null;
    }
  });
}

async function removeListed(context: StepContext, input: CleanUpInput): Promise<void> {
  const { plan, fence, deps, signal } = context;
  const { pool } = deps.database;
  const scope = mergeScope(context, input.readEpoch);
  const total = await countPendingRemovals(pool, plan.runId);
  let left = total;
  let deactivated = 0;
  await connectionTurn(pool, fence, plan.connectionId, async () => {
    while (left > 0) {
      signal.throwIfAborted();
      const percent = percentOf('cleanup', 1 - left / total);
      const counts = await fencedTransaction(pool, fence, (client) => removePage(client, scope, input));
      await showBatch(pool, { ...fence, step: 'cleanup', percent }, { ...counts });
      deactivated += counts.deactivated;
      left = await countPendingRemovals(pool, plan.runId);
    }
    await fencedTransaction(pool, fence, async (client) => {
      // A name that a removed object answered to may be another's by now.
      if (total > 0) await bindReferences(client, plan.connectionId);
      await finishStep(client, plan.runId, ['cleanup'], 'completed', { deactivated });
    });
  });
}

async function removePage(
  client: pg.PoolClient,
  scope: MergeScope,
  input: CleanUpInput,
): Promise<RemovalCounts> {
  const page = await pendingRemovals(client, { runId: scope.runId, after: null, limit: REMOVALS_PER_BATCH });
  const ids = page.map((candidate) => candidate.id);
  const counts = await removeObjects(client, scope, ids);
  // They leave the list in the transaction that removes them, so that no repetition meets them again.
  await keepObjects(client, scope.runId, ids);
  const ledger = { runId: scope.runId, step: 'cleanup', readEpoch: input.readEpoch } as const;
  await recordBatch(client, { ...ledger, batch: await nextBatch(client, ledger) }, { ...counts });
  return counts;
}
