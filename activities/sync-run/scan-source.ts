// The id scan of an incremental run: all ids and names against what is stored, for what a read of changes cannot see.
import type { CapableConnector, ScansIds } from '../../connectors/connector.ts';
import { copyLine } from '../../database/copy-rows.ts';
import { compareScan, copyScan, scanTable } from '../../database/queries/sync/id-scan.ts';
import { fencedTransaction, namedTransaction } from '../../database/run-fence.ts';
import { StagingLost } from '../../domain/run-failure.ts';
import type { SourcePage } from '../../domain/source-entry.ts';
import { mergeScope } from './merge-context.ts';
import type { StepContext } from './run-step.ts';

/** Entries that are read again one by one; when more differ (a large container was renamed), everything is. */
const MOST_SINGLE_READS = 1_000;

export function canScan(connector: CapableConnector): connector is CapableConnector & ScansIds {
  return connector.scanIds !== undefined && connector.readByIds !== undefined;
}

/**
 * Lists what is gone as pending removals, and answers with the pages of what is new or has another name. What the
 * source removes and renames meanwhile, the next scan finds; cleanup looks each removal up once more.
 * @throws StagingLost when PostgreSQL crashed between the scan and the comparison
 */
export async function scanSource(
  context: StepContext,
  connector: CapableConnector & ScansIds,
): Promise<AsyncIterable<SourcePage> | null> {
  const { deps, fence, plan, signal } = context;
  const { pool } = deps.database;
  const table = scanTable(fence.runId, fence.epoch);
  let scanned = 0;
  async function* chunks(): AsyncGenerator<Buffer> {
    for await (const page of connector.scanIds(plan.scopes, signal)) {
      signal.throwIfAborted();
      scanned += page.length;
      // A page of such short rows becomes bytes at once: one by one they would take twice the time.
      const lines = page.map(({ sourceId, distinguishedName }) => copyLine([sourceId, distinguishedName]));
      if (lines.length > 0) yield Buffer.from(lines.join(''));
    }
  }
  // Does not hold the run's row: a scan may take long, and the run can be cancelled meanwhile.
  await namedTransaction(pool, fence, (client) => copyScan(client, table, chunks()));
  const scope = mergeScope(context, fence.epoch);
  const compared = await fencedTransaction(pool, fence, (client) =>
    compareScan(client, scope, table, MOST_SINGLE_READS + 1),
  );
  if (compared.scanned !== scanned)
    throw new StagingLost('The scanned ids were lost in a crash of the database; the source is read again.');
  const { differing } = compared;
  deps.logger.info({ runId: plan.runId, scanned, differing: differing.length }, 'ids compared');
  if (differing.length === 0) return null;
  return differing.length > MOST_SINGLE_READS
    ? connector.read(plan.scopes, signal)
    : connector.readByIds(differing, plan.scopes, signal);
}
