// Steps `read` and `stage`: pages from the source, compared with what is known, what differs copied into staging.

import { type CapableConnector, PositionLost } from '../../connectors/connector.ts';
import { hasPartitions } from '../../database/partitions.ts';
import { completeRead } from '../../database/queries/sync/record-read.ts';
import { countClaims } from '../../database/queries/sync/run-plan.ts';
import { finishStep } from '../../database/queries/sync/run-steps.ts';
import { indexIds, indexStaging, stagingTables } from '../../database/queries/sync/staging.ts';
import { fencedTransaction } from '../../database/run-fence.ts';
import type { ReadPosition } from '../../domain/read-position.ts';
import { StagingLost } from '../../domain/run-failure.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { beginRead } from './begin-read.ts';
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
    const read = (chosen: ReadChoice, mayResume: boolean) =>
      readInto(context, connector, chosen, { adoptable, mayResume });
    try {
      return await read(choice, true);
    } catch (error) {
      if (error instanceof PositionLost) return await read(choice, false);
      if (choice.since === null || !isUnusable(error)) throw error;
      return await read(readEverything(choice, error.message), true);
    }
  });
}

/** One read into tables of its own, from its first page, or where an earlier attempt left off, to its record. */
async function readInto(
  context: StepContext,
  connector: CapableConnector,
  choice: ReadChoice,
  { adoptable, mayResume }: { adoptable: boolean; mayResume: boolean },
): Promise<ReadResult> {
  const { deps, fence, plan } = context;
  const { pool } = deps.database;
  const tables = stagingTables(fence.runId, fence.epoch);
  const carried = await beginRead(context, connector, { tables, choice, adoptable, mayResume });
  const { staged = 0, rejected = 0, changed = 0, pages = 0, next, position = null } = carried ?? {};
  const carriedOver = staged + rejected;
  if (position) deps.logger.info({ runId: plan.runId, carriedOver }, 'the read goes on where it was left');
  const mode = choice.since === null ? 'full' : 'incremental';
  const expected = mode === 'full' ? await countClaims(pool, plan) : 0;
  const reading: Reading = {
    context,
    tables,
    adoptable,
    stager: createPageStager(context, connector, tables, adoptable, next),
    totals: { read: carriedOver, rejected, changed },
    positions: pages,
    expected,
  };
  const idsScanned = await readPages(reading, connector, choice, position);
  if (!adoptable) await indexStaging(pool, tables);
  await recordRead(reading, idsScanned, choice, carriedOver);
  deps.logger.info({ runId: plan.runId, mode, idsScanned, carriedOver, ...reading.totals }, 'read complete');
  const { totals } = reading;
  return {
    readEpoch: fence.epoch,
    adoptable,
    staged: totals.read - totals.rejected,
    incremental: mode === 'incremental',
  };
}

/** Stages everything, or what changed and what a scan of ids finds beside it; true when all ids were compared. */
async function readPages(
  reading: Reading,
  connector: CapableConnector,
  { since, scansIds }: ReadChoice,
  position: ReadPosition | null,
): Promise<boolean> {
  const { plan, signal } = reading.context;
  if (since === null || !connector.readChanges) {
    const rest = position && connector.resume?.(plan.scopes, position, signal);
    await stagePages(reading, rest ?? connector.read(plan.scopes, signal));
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
  carriedOver: number,
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
      ...(carriedOver > 0 && { carriedOver }),
    });
    await finishStep(client, fence.runId, ['stage'], 'completed', { staged: totals.changed });
  });
}
