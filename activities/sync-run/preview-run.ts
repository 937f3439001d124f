// A dry run's comparison: what merge, memberships and cleanup would do, told and not done.
import {
  beginPreview,
  noteOfRun,
  type PreviewCounts,
  previewMemberships,
  previewObjects,
  previewRemovals,
} from '../../database/queries/sync/preview-objects.ts';
import { recordBatch } from '../../database/queries/sync/run-batches.ts';
import { finishStep } from '../../database/queries/sync/run-steps.ts';
import { stagedBatches } from '../../database/queries/sync/staging.ts';
import { fencedTransaction } from '../../database/run-fence.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { type Listed, listRemovals } from './clean-up.ts';
import { type MergeInput, mergeScope, pageRanges, verifyStaging } from './merge-context.ts';
import { percentOf } from './progress.ts';
import { runStep, type StepContext } from './run-step.ts';

/** Changes that are kept a run, to be looked at; the counts tell of all. */
const MOST_KEPT = 10_000;

/** A repeated attempt begins anew: nothing that it compares has changed by it. */
export async function previewRun(deps: ActivityDependencies, input: MergeInput): Promise<void> {
  return runStep(deps, input, ['merge', 'memberships', 'cleanup'], async (context) => {
    const { pool } = deps.database;
    const { fence, plan } = context;
    await verifyStaging(pool, plan.runId, input.readEpoch);
    const scope = mergeScope(context, input.readEpoch);
    await fencedTransaction(pool, fence, (client) => beginPreview(client, scope));
    const kept = await compareObjects(context, input);
    const listed = await listRemovals(context, { ...input, approved: false });
    await fencedTransaction(pool, fence, async (client) => {
      const key = { runId: plan.runId, readEpoch: input.readEpoch, batch: 0 };
      const { kept: removals, deactivated } = await previewRemovals(client, scope, MOST_KEPT - kept.listed);
      const { membershipsAdded, membershipsRemoved } = await previewMemberships(client, scope);
      await recordBatch(client, { ...key, step: 'memberships' }, percentOf('memberships', 1), {
        membershipsAdded,
        membershipsRemoved,
      });
      await recordBatch(client, { ...key, step: 'cleanup' }, percentOf('cleanup', 1), { deactivated });
      await finishStep(client, plan.runId, ['memberships'], 'completed');
      await finishStep(client, plan.runId, ['cleanup'], 'completed', { deactivated });
      const total = { changes: kept.changes + deactivated, listed: kept.listed + removals };
      await noteOfRun(client, plan.runId, noticeOf(listed, total, plan.deleteThresholdPercent));
    });
  });
}

interface Kept {
  changes: number;
  listed: number;
}

async function compareObjects(context: StepContext, input: MergeInput): Promise<Kept> {
  const { deps, fence, plan, signal } = context;
  const { pool } = deps.database;
  const { readEpoch } = input;
  const scope = mergeScope(context, readEpoch);
  const kept: Kept = { changes: 0, listed: 0 };
  const last = (await stagedBatches(pool, scope.tables)).entries ?? -1;
  for (const { range, share } of pageRanges(last)) {
    signal.throwIfAborted();
    const counts = await fencedTransaction(pool, fence, async (client): Promise<PreviewCounts> => {
      const found = await previewObjects(client, scope, range, MOST_KEPT - kept.listed);
      const { created, updated, reactivated } = found;
      const key = { runId: plan.runId, step: 'merge', readEpoch, batch: range.first } as const;
      await recordBatch(client, key, percentOf('merge', share), { created, updated, reactivated });
      return found;
    });
    kept.changes += counts.created + counts.updated + counts.reactivated;
    kept.listed += counts.kept;
  }
  await fencedTransaction(pool, fence, (client) => finishStep(client, plan.runId, ['merge'], 'completed'));
  return kept;
}

/** What a run that is not dry would wait for, and what the list leaves out. */
function noticeOf(removals: Listed, kept: Kept, thresholdPercent: number): string | null {
  const notices: string[] = [];
  if (removals.needsApproval)
    notices.push(
      `A run would pause for approval: it would remove ${removals.pending} of the project's ${removals.claimed} objects, ` +
        (removals.pending >= removals.claimed
          ? 'all that there are.'
          : `more than the ${thresholdPercent} % that it allows (deleteThresholdPercent).`),
    );
  if (kept.listed < kept.changes)
    notices.push(`The list of changes holds ${kept.listed} of ${kept.changes}; the counts tell of all.`);
  return notices.length > 0 ? notices.join(' ') : null;
}
