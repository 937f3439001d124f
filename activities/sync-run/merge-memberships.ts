// Step `memberships`: managers, owners and members of what was staged, then references that resolve by now.
import { bindReferences } from '../../database/queries/sync/bind-references.ts';
import { mergeMemberships as mergeBatch } from '../../database/queries/sync/merge-memberships.ts';
import { mergeReferences } from '../../database/queries/sync/merge-references.ts';
import { finishStep } from '../../database/queries/sync/run-steps.ts';
import { stagedBatches } from '../../database/queries/sync/staging.ts';
import { connectionTurn } from '../../database/run-fence.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { applyBatch, type MergeInput, mergeScope, verifyStaging } from './merge-context.ts';
import { PAGES_PER_MERGE } from './merge-objects.ts';
import { percentOf } from './progress.ts';
import { runStep } from './run-step.ts';

export async function mergeMemberships(deps: ActivityDependencies, input: MergeInput): Promise<void> {
  await runStep(deps, input, ['memberships'], async (context) => {
    await verifyStaging(context, input.readEpoch);
    const { pool } = deps.database;
    const { connectionId } = context.plan;
    const scope = mergeScope(context, input.readEpoch);
    const last = await stagedBatches(pool, scope.tables);
    for (let first = 0; first <= (last.entries ?? -1); first += PAGES_PER_MERGE) {
      context.signal.throwIfAborted();
      const range = { first, last: first + PAGES_PER_MERGE - 1 };
      await connectionTurn(pool, context.fence, connectionId, (client) =>
        mergeReferences(client, scope, range),
      );
    }
    for (let batch = 0; batch <= (last.members ?? -1); batch++) {
      const key = { runId: input.runId, step: 'memberships', readEpoch: input.readEpoch, batch } as const;
      const percent = percentOf('memberships', batch / ((last.members ?? 0) + 1));
      await applyBatch(context, key, percent, (client) => mergeBatch(client, scope, batch));
    }
    await connectionTurn(pool, context.fence, connectionId, async (client) => {
      await bindReferences(client, connectionId);
      await finishStep(client, input.runId, ['memberships'], 'completed');
    });
  });
}
