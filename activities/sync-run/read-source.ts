// Steps `read` and `stage`: pages from the source, compared with what is known, what differs copied into staging.

import { hasPartitions } from '../../database/partitions.ts';
import { completeRead, recordPage, resetRead } from '../../database/queries/sync/record-read.ts';
import { finishStep } from '../../database/queries/sync/run-steps.ts';
import {
  createStaging,
  dropStaging,
  indexIds,
  indexStaging,
  type StagingTables,
  stagePage,
  stagingTables,
} from '../../database/queries/sync/staging.ts';
import { fencedTransaction } from '../../database/run-fence.ts';
import { StagingLost } from '../../domain/run-failure.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { withConnector } from './open-connector.ts';
import { createPageStager, type StagedPage } from './page-stager.ts';
import { percentOf, readFraction } from './progress.ts';
import { runStep, type StepContext, type StepInput } from './run-step.ts';

export interface ReadResult {
  /** Names the staging tables; merge and cleanup work on this read and no other. */
  readEpoch: number;
  /** Nothing was stored of the connection: what was staged can become its partitions as it is. */
  adoptable: boolean;
  staged: number;
}

export async function readSource(deps: ActivityDependencies, input: StepInput): Promise<ReadResult> {
  return runStep(deps, input, ['read', 'stage'], async (context) => {
    const { pool } = deps.database;
    const { fence, plan } = context;
    const tables = stagingTables(fence.runId, fence.epoch);
    const { connectionId, instant } = plan;
    const adoptable = !(await hasPartitions(pool, connectionId));
    await fencedTransaction(pool, fence, async (client) => {
      await resetRead(client, fence.runId);
      await dropStaging(client, fence.runId);
      await createStaging(client, tables, { connectionId, instant, adoptable });
    });
    const totals = await readPages(context, tables, adoptable);
    if (!adoptable) await indexStaging(pool, tables);
    await fencedTransaction(pool, fence, async (client) => {
      const repeated = adoptable ? await indexIds(client, tables) : 0;
      const { read, rejected } = totals;
      if (!(await completeRead(client, fence, { staged: read - rejected, rejected, repeated })))
        throw new StagingLost(
          'A crash of the database took part of what was read; the source is read again.',
        );
      totals.read -= repeated;
      totals.changed -= repeated;
      await finishStep(client, fence.runId, ['read'], 'completed', {
        read: totals.read,
        errors: totals.rejected,
      });
      await finishStep(client, fence.runId, ['stage'], 'completed', { staged: totals.changed });
    });
    deps.logger.info({ runId: plan.runId, ...totals }, 'read complete');
    return { readEpoch: fence.epoch, adoptable, staged: totals.read - totals.rejected };
  });
}

interface ReadTotals {
  read: number;
  rejected: number;
  changed: number;
}

async function readPages(
  context: StepContext,
  tables: StagingTables,
  adoptable: boolean,
): Promise<ReadTotals> {
  const totals: ReadTotals = { read: 0, rejected: 0, changed: 0 };
  await withConnector(context, async (connector) => {
    await connector.connect(context.signal);
    const stager = createPageStager(context, connector, tables, adoptable);
    // Three pages are under way: one is written, one is looked up and compared, one is read and decoded.
    let writing: Promise<void> = Promise.resolve();
    const pages = connector.read(context.plan.scopes, context.signal)[Symbol.asyncIterator]();
    let reading = pages.next();
    try {
      for (let page = await reading; !page.done; page = await reading) {
        context.signal.throwIfAborted();
        const looked = stager.look(page.value);
        reading = pages.next();
        // Failures of the read and of the write are thrown where they are awaited.
        reading.catch(() => {});
        const staged = await stager.stage(looked);
        await writing;
        totals.read += staged.count + staged.rejected.length;
        totals.rejected += staged.rejected.length;
        totals.changed += staged.entries.count;
        writing = writePage(context, tables, adoptable, staged, totals.read);
        writing.catch(() => {});
      }
    } finally {
      await Promise.allSettled([pages.return?.()]);
      await writing;
    }
  });
  return totals;
}

async function writePage(
  { deps, plan, fence }: StepContext,
  tables: StagingTables,
  adoptable: boolean,
  page: StagedPage,
  read: number,
): Promise<void> {
  await fencedTransaction(deps.database.pool, fence, async (client) => {
    // A crash may lose the last of these commits, rows and count together: completeRead finds out.
    await client.query('set local synchronous_commit = off');
    await stagePage(client, tables, page, adoptable);
    await recordPage(client, {
      runId: fence.runId,
      epoch: fence.epoch,
      staged: page.count,
      rejected: page.rejected,
      notices: page.notices,
      percent: percentOf('read', readFraction(read, plan.expected)),
    });
  });
}
