// Step `cleanup`: what a complete read did not bring is looked up once more, guarded by thresholds, and removed.
import type pg from 'pg';
import type { CapableConnector } from '../../connectors/connector.ts';
import { bindReferences } from '../../database/queries/sync/bind-references.ts';
import type { MergeScope } from '../../database/queries/sync/merge-objects.ts';
import { type RemovalCounts, removeObjects } from '../../database/queries/sync/remove-objects.ts';
import { nextBatch, recordBatch } from '../../database/queries/sync/run-batches.ts';
import { countClaims } from '../../database/queries/sync/run-plan.ts';
import { finishStep } from '../../database/queries/sync/run-steps.ts';
import {
  countPendingRemovals,
  keepObjects,
  keepObjectsNamed,
  listVanished,
  pendingRemovals,
  rejectedNames,
} from '../../database/queries/sync/vanished-objects.ts';
import { connectionTurn, fencedTransaction } from '../../database/run-fence.ts';
import { AppError } from '../../domain/app-error.ts';
import { exceedsDeleteThreshold } from '../../domain/delete-threshold.ts';
import { referenceDigest } from '../../domain/fingerprint.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { type MergeInput, mergeScope, verifyStaging } from './merge-context.ts';
import { withConnector } from './open-connector.ts';
import { percentOf } from './progress.ts';
import { runStep, type StepContext } from './run-step.ts';

export interface CleanUpInput extends MergeInput {
  /** A person approved the listed removals: they are carried out as listed, and nothing else is. */
  approved: boolean;
}

/** `needsApproval`: the removals are listed, and the workflow is to pause the run until a person approves them. */
export interface CleanUpResult {
  needsApproval: boolean;
}

const REMOVALS_PER_BATCH = 1_000;
const LOOKUPS_PER_PAGE = 500;

export async function cleanUp(deps: ActivityDependencies, input: CleanUpInput): Promise<CleanUpResult> {
  return runStep(deps, input, ['cleanup'], (context) => cleanUpRead(context, input));
}

/** Removes what a read has shown to be gone, and ends the step, unless a person must approve it first. */
export async function cleanUpRead(context: StepContext, input: CleanUpInput): Promise<CleanUpResult> {
  if (!input.approved && (await listRemovals(context, input)).needsApproval) return { needsApproval: true };
  await removeListed(context, input);
  return { needsApproval: false };
}

/** The removals that were listed, of all objects that the project claims. */
export interface Listed {
  pending: number;
  claimed: number;
  needsApproval: boolean;
}

const NONE: Listed = { pending: 0, claimed: 0, needsApproval: false };

/** Lists what would be removed, and says whether a person has to approve it. */
export async function listRemovals(context: StepContext, input: CleanUpInput): Promise<Listed> {
  const { plan, fence, deps } = context;
  const read = await verifyStaging(deps.database.pool, plan.runId, input.readEpoch);
  if (read.rejected > plan.errorThreshold)
    throw new AppError(
      'error_threshold_exceeded',
      `${read.rejected} entries could not be read, more than the ${plan.errorThreshold} that the project allows (errorThreshold). ` +
        'Nothing was removed; the errors of this run say which entries and why.',
    );
  // All that the project claims is what this read brought.
  if (read.adopted) return NONE;
  const listed = await fencedTransaction(deps.database.pool, fence, async (client) => {
    // Looked at where it is used: an emptied table would make everything a candidate.
    await verifyStaging(client, plan.runId, input.readEpoch);
    if (read.mode === 'full') return listVanished(client, mergeScope(context, input.readEpoch));
    // What a read of changes did not bring is there all the same: its scan of ids has listed what is not.
    const vanished = await countPendingRemovals(client, plan.runId);
    return { vanished, claimed: vanished === 0 ? 0 : await countClaims(client, plan) };
  });
  if (listed.vanished === 0) return NONE;
  await keepWhatIsThere(context, read.rejected);
  const pending = await countPendingRemovals(deps.database.pool, plan.runId);
  const { claimed } = listed;
  const needsApproval =
    !plan.overrideDeleteThreshold && exceedsDeleteThreshold(pending, claimed, plan.deleteThresholdPercent);
  return { pending, claimed, needsApproval };
}

/**
 * A move during the read looks like a deletion, so each candidate is looked up once more. A source that cannot look
 * up keeps them all when some of its rows were unreadable: one of those may have been the missing one.
 */
async function keepWhatIsThere(context: StepContext, rejected: number): Promise<void> {
  const { plan, fence, deps, signal } = context;
  const { pool } = deps.database;
  await withConnector(context, async (connector) => {
    if (!connector.findExisting && rejected === 0) return;
    if (connector.findExisting) await connector.connect(signal);
    if (rejected > 0) await keepRejected(context, connector);
    let after: string | null = null;
    for (;;) {
      const page = await pendingRemovals(pool, { runId: plan.runId, after, limit: LOOKUPS_PER_PAGE });
      if (page.length === 0) return;
      const ids = page.map((candidate) => candidate.sourceId);
      const existing = (await connector.findExisting?.(ids, plan.scopes, signal)) ?? new Set(ids);
      const kept = page
        .filter((candidate) => existing.has(candidate.sourceId))
        .map((candidate) => candidate.id);
      await fencedTransaction(pool, fence, (client) => keepObjects(client, plan.runId, kept));
      after = page.at(-1)?.id ?? null;
    }
  });
}

/** What was refused is there all the same, even where it hides its id. */
async function keepRejected({ deps, plan, fence }: StepContext, connector: CapableConnector): Promise<void> {
  const { pool } = deps.database;
  const keys = (await rejectedNames(pool, plan.runId))
    .map((name) => connector.referenceKey(name, 'distinguishedName'))
    .filter((key) => key !== null)
    .map((key) => referenceDigest(plan.connectionId, key));
  await fencedTransaction(pool, fence, (client) => keepObjectsNamed(client, plan.runId, keys));
}

async function removeListed(context: StepContext, input: CleanUpInput): Promise<void> {
  const { plan, fence, deps, signal } = context;
  const { pool } = deps.database;
  const scope = mergeScope(context, input.readEpoch);
  const total = await countPendingRemovals(pool, plan.runId);
  let left = total;
  let deactivated = 0;
  const remove = async (connector: CapableConnector) => {
    while (left > 0) {
      signal.throwIfAborted();
      const query = { runId: plan.runId, after: null, limit: REMOVALS_PER_BATCH };
      const page = await pendingRemovals(pool, query);
      const unlisted = await unlistedObjects(connector, page, signal);
      const percent = percentOf('cleanup', 1 - left / total);
      const counts = await connectionTurn(pool, fence, plan.connectionId, (client) =>
        removePage(client, scope, input, { ids: page.map(({ id }) => id), unlisted, percent }),
      );
      deactivated += counts.deactivated;
      left = await countPendingRemovals(pool, plan.runId);
    }
  };
  if (total > 0) await withConnector(context, remove);
  await connectionTurn(pool, fence, plan.connectionId, async (client) => {
    // A name that a removed object answered to may be another's by now.
    if (total > 0) await bindReferences(client, scope);
    await finishStep(client, plan.runId, ['cleanup'], 'completed', { deactivated });
  });
}

/**
 * What is gone for good took its links along, so that no group lists it, read again or not; what has only left the
 * scopes is listed still. Sources whose members are names list both until somebody edits the group.
 */
async function unlistedObjects(
  connector: CapableConnector,
  page: { id: string; sourceId: string }[],
  signal: AbortSignal,
): Promise<string[]> {
  if (!connector.findAnywhere) return [];
  const existing = await connector.findAnywhere(
    page.map(({ sourceId }) => sourceId),
    signal,
  );
  return page.filter(({ sourceId }) => !existing.has(sourceId)).map(({ id }) => id);
}

async function removePage(
  client: pg.PoolClient,
  scope: MergeScope,
  input: CleanUpInput,
  { ids, unlisted, percent }: { ids: string[]; unlisted: string[]; percent: number },
): Promise<RemovalCounts> {
  const counts = await removeObjects(client, scope, ids, unlisted);
  // They leave the list in the transaction that removes them, so that no repetition meets them again.
  await keepObjects(client, scope.runId, ids);
  const ledger = { runId: scope.runId, step: 'cleanup', readEpoch: input.readEpoch } as const;
  await recordBatch(client, { ...ledger, batch: await nextBatch(client, ledger) }, percent, { ...counts });
  return counts;
}
