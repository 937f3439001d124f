// Step `connect`: a wrong password or an unreachable server shows before anything is read.

import { finishStep } from '../../database/queries/sync/run-steps.ts';
import { fencedTransaction } from '../../database/run-fence.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { withConnector } from './open-connector.ts';
import { runStep, type StepInput } from './run-step.ts';

export async function checkSource(deps: ActivityDependencies, input: StepInput): Promise<void> {
  await runStep(deps, input, ['connect'], async (context) => {
    await withConnector(context, (connector) => connector.connect(context.signal));
    await fencedTransaction(deps.database.pool, context.fence, (client) =>
      finishStep(client, input.runId, ['connect'], 'completed'),
    );
  });
}
