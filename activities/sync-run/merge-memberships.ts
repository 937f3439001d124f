// Step `memberships`: members of the groups that were staged, then every reference that resolves by now.
import { bindReferences } from '../../database/queries/sync/bind-references.ts';
import {
  mergeMemberships as mergeBatch,
  settleDigests,
} from '../../database/queries/sync/merge-memberships.ts';
import type { MergeScope } from '../../database/queries/sync/merge-objects.ts';
import { finishStep } from '../../database/queries/sync/run-steps.ts';
import { stagedBatches } from '../../database/queries/sync/staging.ts';
import { connectionTurn } from '../../database/run-fence.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { applyBatch, type MergeInput, mergeScope, verifyStaging } from './merge-context.ts';
import { percentOf } from './progress.ts';
import { runStep, type StepContext } from './run-step.ts';

export async function mergeMemberships(deps: ActivityDependencies, input: MergeInput): Promise<void> {
  await runStep(deps, input, ['memberships'], (context) => mergeStagedMemberships(context, input));
}

/** Merges the members that are staged, and ends the step. */
export async function mergeStagedMemberships(context: StepContext, input: MergeInput): Promise<void> {
  const { pool } = context.deps.database;
  const { connectionId } = context.plan;
  const scope = mergeScope(context, input.readEpoch);
  const read = await verifyStaging(pool, input.runId, input.readEpoch);
  if (!read.adopted) await mergeStaged(context, input, scope);
  await connectionTurn(pool, context.fence, connectionId, async (client) => {
    if (!read.adopted) await settleDigests(client, scope);
    await bindReferences(client, scope);
    await finishStep(client, input.runId, ['memberships'], 'completed');
  });
}

async function mergeStaged(context: StepContext, input: MergeInput, scope: MergeScope): Promise<void> {
  const last = (await stagedBatches(context.deps.database.pool, scope.tables)).members ?? -1;
  for (let batch = 0; batch <= last; batch++) {
    const key = { runId: input.runId, step: 'memberships', readEpoch: input.readEpoch, batch } as const;
    const percent = percentOf('memberships', batch / (last + 1));
    await applyBatch(context, key, percent, (client) => mergeBatch(client, scope, batch));
  }
}
