// Step `correlate`: the accounts that this run changed find the persons they belong to.
import { correlate } from '../../database/queries/correlation/correlate.ts';
import { countInStep, finishStep } from '../../database/queries/sync/run-steps.ts';
import { fencedTransaction, holdRun, namedTransaction } from '../../database/run-fence.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { runStep, type StepContext, type StepInput } from '../sync-run/run-step.ts';

export function correlateRun(deps: ActivityDependencies, input: StepInput): Promise<void> {
  return runStep(deps, input, ['correlate'], correlateChanges);
}

/** Correlation is one transaction: it has happened as a whole or not. */
export async function correlateChanges({ deps, plan, fence }: StepContext): Promise<void> {
  const { pool } = deps.database;
  await namedTransaction(pool, fence, async (client) => {
    const counts = await correlate(client, plan.runId);
    // Not before: whoever pauses or cancels the run writes its row.
    await holdRun(client, fence);
    await countInStep(client, plan.runId, 'correlate', { ...counts });
  });
  await fencedTransaction(pool, fence, (client) =>
    finishStep(client, plan.runId, ['correlate'], 'completed'),
  );
}
