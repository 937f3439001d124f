// Steps `read` and `stage`: pages from the source, compared with what is known, what differs copied into staging.

import type { CapableConnector } from '../../connectors/connector.ts';
import { hasPartitions } from '../../database/partitions.ts';
import { completeRead, recordReadMode, resetRead } from '../../database/queries/sync/record-read.ts';
import { countClaims } from '../../database/queries/sync/run-plan.ts';
import { finishStep } from '../../database/queries/sync/run-steps.ts';
import {
  createStaging,
  dropStaging,
  indexIds,
  indexStaging,
  stagingTables,
} from '../../database/queries/sync/staging.ts';
import { fencedTransaction } from '../../database/run-fence.ts';
import { StagingLost } from '../../domain/run-failure.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { listDeletions } from './list-deletions.ts';
import { withConnector } from './open-connector.ts';
import { createPageStager } from './page-stager.ts';
import { chooseRead, isUnusable, type ReadChoice, readEverything } from './read-choice.ts';
import { runStep, type StepContext, type StepInput } from './run-step.ts';
import { canScan, scanSource } from './scan-source.ts';
import { type Reading, stagePages } from './stage-pages.ts';

export interface ReadResult {
  /** Names the staging tables; merge and cleanup work on this read and no other. */
  readEpoch: number;
  /** Nothing was stored of the connection: what was staged can become its partitions as it is. */
  adoptable: boolean;
  staged: number;
  /** Only what changed was read. */
  incremental: boolean;
}

export async function readSource(deps: ActivityDependencies, input: StepInput): Promise<ReadResult> {
  return runStep(deps, input, ['read', 'stage'], readStep);
}

/** Reads what the run is to read, and ends both steps. */
export function readStep(context: StepContext): Promise<ReadResult> {
  return withConnector(context, async (connector) => {
    await connector.connect(context.signal);
    const stored = await hasPartitions(context.deps.database.pool, context.plan.connectionId);
    // What a dry run reads becomes nothing.
    const adoptable = !stored && !context.plan.dryRun;
    const choice = await chooseRead(context, connector, stored);
    try {
      return await readInto(context, connector, choice, adoptable);
    } catch (error) {
      if (choice.since === null || !isUnusable(error)) throw error;
      return await readInto(context, connector, readEverything(choice, error.message), adoptable);
    }
  });
}

/** One read into tables of its own, from its first page to its record. */
async function readInto(
  context: StepContext,
  connector: CapableConnector,
  choice: ReadChoice,
  adoptable: boolean,
): Promise<ReadResult> {
  const { deps, fence, plan } = context;
  const { pool } = deps.database;
  const tables = stagingTables(fence.runId, fence.epoch);
  const { connectionId, instant } = plan;
  const mode = choice.since === null ? 'full' : 'incremental';
  await fencedTransaction(pool, fence, async (client) => {
    // The step of an incremental run has no activity of its own.
    if (plan.mode === 'incremental') await finishStep(client, fence.runId, ['connect'], 'completed');
    await resetRead(client, fence.runId);
    await recordReadMode(client, fence, mode, choice.reason);
    await dropStaging(client, fence.runId);
    await createStaging(client, tables, { connectionId, instant, adoptable });
  });
  const expected = mode === 'full' ? await countClaims(pool, plan) : 0;
  const reading: Reading = {
    context,
    tables,
    adoptable,
    stager: createPageStager(context, connector, tables, adoptable),
    totals: { read: 0, rejected: 0, changed: 0 },
    expected,
  };
  const idsScanned = await readPages(reading, connector, choice);
  if (!adoptable) await indexStaging(pool, tables);
  await recordRead(reading, idsScanned, choice);
  deps.logger.info({ runId: plan.runId, mode, idsScanned, ...reading.totals }, 'read complete');
  const { read, rejected } = reading.totals;
  return { readEpoch: fence.epoch, adoptable, staged: read - rejected, incremental: mode === 'incremental' };
}

/** Stages everything, or what changed and what a scan of ids finds beside it; true when all ids were compared. */
async function readPages(
  reading: Reading,
  connector: CapableConnector,
  { since, scansIds }: ReadChoice,
): Promise<boolean> {
  const { plan, signal } = reading.context;
  if (since === null || !connector.readChanges) {
    await stagePages(reading, connector.read(plan.scopes, signal));
    return false;
  }
  await stagePages(reading, connector.readChanges(plan.scopes, since, signal));
  if (!scansIds || !canScan(connector)) {
    await listDeletions(reading.context, connector, since);
    return false;
  }
  const differing = await scanSource(reading.context, connector);
  if (differing !== null) await stagePages(reading, differing);
  return true;
}

async function recordRead(
  { context, tables, adoptable, totals }: Reading,
  idsScanned: boolean,
  { next }: ReadChoice,
): Promise<void> {
  const { deps, fence } = context;
  await fencedTransaction(deps.database.pool, fence, async (client) => {
    const repeated = adoptable ? await indexIds(client, tables) : 0;
    const { read, rejected } = totals;
    const sent = { staged: read - rejected, rejected, repeated };
    if (!(await completeRead(client, fence, { ...sent, idsScanned, next })))
      throw new StagingLost('A crash of the database took part of what was read; the source is read again.');
    totals.read -= repeated;
    totals.changed -= repeated;
    await finishStep(client, fence.runId, ['read'], 'completed', {
      read: totals.read,
      errors: totals.rejected,
    });
    await finishStep(client, fence.runId, ['stage'], 'completed', { staged: totals.changed });
  });
}
