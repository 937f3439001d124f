// Step `merge`: staged entries become objects and changes, a few pages a statement, or all at once where they can.
import { mergeObjects as mergeRange } from '../../database/queries/sync/merge-objects.ts';
import { finishStep } from '../../database/queries/sync/run-steps.ts';
import { indexStaging, stagedBatches } from '../../database/queries/sync/staging.ts';
import { fencedTransaction } from '../../database/run-fence.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { adoptRead } from './adopt-read.ts';
import { applyBatch, type MergeInput, mergeScope, pageRanges, verifyStaging } from './merge-context.ts';
import { percentOf } from './progress.ts';
import { runStep, type StepContext } from './run-step.ts';

export async function mergeObjects(deps: ActivityDependencies, input: MergeInput): Promise<void> {
  await runStep(deps, input, ['merge'], async (context) => {
    const read = await verifyStaging(deps.database.pool, input.runId, input.readEpoch);
    if (read.adopted || (input.adoptable && (await adoptRead(context, input, read.staged))))
      return finish(context);
    await mergeStagedObjects(context, input);
  });
}

/** Merges what is staged, batch by batch, and ends the step. */
export async function mergeStagedObjects(context: StepContext, input: MergeInput): Promise<void> {
  const { pool } = context.deps.database;
  const scope = mergeScope(context, input.readEpoch);
  // Of a read that could have been adopted and was not; any other is indexed when it is complete.
  if (input.adoptable) await indexStaging(pool, scope.tables);
  const last = (await stagedBatches(pool, scope.tables)).entries ?? -1;
  const { runId, readEpoch } = input;
  for (const { range, share } of pageRanges(last)) {
    const key = { runId, step: 'merge', readEpoch, batch: range.first } as const;
    await applyBatch(context, key, percentOf('merge', share), (client) => mergeRange(client, scope, range));
  }
  await finish(context);
}

async function finish({ deps, fence }: StepContext): Promise<void> {
  await fencedTransaction(deps.database.pool, fence, (client) =>
    finishStep(client, fence.runId, ['merge'], 'completed'),
  );
}
