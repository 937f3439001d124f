// A connection's first read: what was staged becomes its partitions, all at once, instead of being merged.

import { hasPartitions } from '../../database/partitions.ts';
import {
  adoptedTables,
  adoptTables,
  buildTable,
  countClasses,
  countMembers,
  entryIndexes,
} from '../../database/queries/sync/adopt-read.ts';
import type { CountChange } from '../../database/queries/sync/object-counts.ts';
import { recordAdoption } from '../../database/queries/sync/record-read.ts';
import { recordBatch } from '../../database/queries/sync/run-batches.ts';
import { connectionTurn, namedTransaction } from '../../database/run-fence.ts';
import { type MergeInput, mergeScope } from './merge-context.ts';
import { percentOf } from './progress.ts';
import type { StepContext } from './run-step.ts';

/** Tables and indexes that are built side by side: while one waits for the disk, others go on. */
const LANES = 3;

/**
 * Builds what is missing beside the staged entries, indexes all of it in bulk, and attaches it in one transaction:
 * readers see nothing of the connection, or everything. What an attempt built that died is found and used, since
 * nobody sees these tables but this read.
 * @returns false when there is nothing, or another project of the connection was first: this read is to be merged
 */
export async function adoptRead(context: StepContext, input: MergeInput, staged: number): Promise<boolean> {
  const { deps, fence, plan } = context;
  const { pool } = deps.database;
  if (staged === 0 || (await hasPartitions(pool, plan.connectionId))) return false;
  const scope = mergeScope(context, input.readEpoch);
  const tables = adoptedTables(scope, input.readEpoch);
  await namedTransaction(pool, fence, (client) => countMembers(client, scope));
  const indexes = await entryIndexes(pool, scope);
  const build = (parent: Parameters<typeof buildTable>[3]) => () =>
    namedTransaction(pool, fence, (client) => buildTable(client, scope, tables, parent));
  let classes: CountChange[] = [];
  await inLanes(
    [
      build('membership'),
      // The search index is the last by name and takes the longest.
      ...indexes
        .toReversed()
        .map(
          (statement) => () =>
            namedTransaction(pool, fence, async (client) => void (await client.query(statement))),
        ),
      build('object_change'),
      build('object_reference'),
      build('object_scope'),
      async () => {
        classes = await countClasses(pool, scope);
      },
    ],
    context.signal,
  );
  return connectionTurn(pool, fence, plan.connectionId, async (client) => {
    if (await hasPartitions(client, plan.connectionId)) return false;
    const counts = await adoptTables(client, scope, tables, classes);
    const key = { runId: plan.runId, step: 'merge', readEpoch: input.readEpoch, batch: 0 } as const;
    await recordBatch(client, key, percentOf('merge', 1), { ...counts });
    await recordAdoption(client, plan.runId);
    return true;
  });
}

/** Works the tasks off, LANES at a time; the first failure ends it once those under way are over. */
async function inLanes(tasks: (() => Promise<void>)[], signal: AbortSignal): Promise<void> {
  const waiting = [...tasks];
  const lane = async () => {
    for (let task = waiting.shift(); task; task = waiting.shift()) {
      signal.throwIfAborted();
      await task().catch((error: unknown) => {
        waiting.length = 0;
        throw error;
      });
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: LANES }, lane));
  for (const ended of lanes) if (ended.status === 'rejected') throw ended.reason;
}
