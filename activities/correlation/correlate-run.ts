// Step `correlate`: the accounts that this run changed find the persons they belong to.
import { correlate } from '../../database/queries/correlation/correlate.ts';
import { finishStep } from '../../database/queries/sync/run-steps.ts';
import { holdRun, namedTransaction } from '../../database/run-fence.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { runStep, type StepContext, type StepInput } from '../sync-run/run-step.ts';

export function correlateRun(deps: ActivityDependencies, input: StepInput): Promise<void> {
  return runStep(deps, input, ['correlate'], correlateChanges);
}

/** One transaction: all of it has happened with the end of the step, or nothing. */
export async function correlateChanges({ deps, plan, fence }: StepContext): Promise<void> {
  await namedTransaction(deps.database.pool, fence, async (client) => {
    const counts = await correlate(client, plan.runId);
    // Not before: whoever pauses or cancels the run writes its row.
    await holdRun(client, fence);
    await finishStep(client, plan.runId, ['correlate'], 'completed', { ...counts });
  });
}
