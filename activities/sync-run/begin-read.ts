// Makes the staging of a read, or takes over what an earlier attempt of it has staged.

import type { CapableConnector } from '../../connectors/connector.ts';
import { recordReadMode, resetRead } from '../../database/queries/sync/record-read.ts';
import { finishStep } from '../../database/queries/sync/run-steps.ts';
import { createStaging, dropStaging, type StagingTables } from '../../database/queries/sync/staging.ts';
import { type CarriedRead, carryOver, notePositions } from '../../database/queries/sync/unfinished-read.ts';
import { fencedTransaction } from '../../database/run-fence.ts';
import { readBasis } from '../../domain/read-basis.ts';
import type { ReadChoice } from './read-choice.ts';
import type { StepContext } from './run-step.ts';

export interface NewRead {
  tables: StagingTables;
  choice: ReadChoice;
  /** The staging may become the connection's partitions. */
  adoptable: boolean;
  /** False where the source has said that it is not what it was. */
  mayResume: boolean;
}

/** @returns what was there already, where the read goes on behind a position of an earlier attempt */
export function beginRead(
  context: StepContext,
  connector: CapableConnector,
  { tables, choice, adoptable, mayResume }: NewRead,
): Promise<CarriedRead | null> {
  const { deps, fence, plan } = context;
  const { connectionId, instant } = plan;
  const resumable = choice.since === null && connector.resume !== undefined;
  const terms = { basis: readBasis(plan), adoptable };
  return fencedTransaction(deps.database.pool, fence, async (client) => {
    // The step of an incremental run has no activity of its own.
    if (plan.mode === 'incremental') await finishStep(client, fence.runId, ['connect'], 'completed');
    const carried = resumable && mayResume ? await carryOver(client, fence, terms, tables) : null;
    if (carried) return carried;
    await resetRead(client, fence.runId);
    await recordReadMode(client, fence, choice.since === null ? 'full' : 'incremental', choice.reason);
    await dropStaging(client, fence.runId);
    await createStaging(client, tables, { connectionId, instant, adoptable });
    if (resumable) await notePositions(client, fence, terms);
    return null;
  });
}
