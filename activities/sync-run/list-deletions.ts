// What a source says was deleted, for incremental runs that do not compare all ids.
import type { CapableConnector, Watermark } from '../../connectors/connector.ts';
import { listDeleted } from '../../database/queries/sync/vanished-objects.ts';
import { fencedTransaction } from '../../database/run-fence.ts';
import { mergeScope } from './merge-context.ts';
import type { StepContext } from './run-step.ts';

/**
 * Lists what was deleted since as pending removals, which meet the guards of every other removal. Where the source
 * keeps no such record, or hides it, nothing is listed: the next scan of ids finds it.
 */
export async function listDeletions(
  context: StepContext,
  connector: CapableConnector,
  since: Watermark,
): Promise<void> {
  const { deps, fence, plan, signal } = context;
  if (!connector.deletedSince) return;
  const scope = mergeScope(context, fence.epoch);
  let deleted = 0;
  for await (const ids of connector.deletedSince(since, signal)) {
    signal.throwIfAborted();
    if (ids.length === 0) continue;
    deleted += ids.length;
    await fencedTransaction(deps.database.pool, fence, (client) => listDeleted(client, scope, ids));
  }
  deps.logger.info({ runId: plan.runId, deleted }, 'deletions listed');
}
