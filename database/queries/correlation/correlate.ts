// Decides which accounts belong to one person, for what changed and all that it touches, in one transaction.
import type pg from 'pg';
import { collectAffected, reachFurther } from './affected-accounts.ts';
import { applyPlacements, type CorrelationCounts, compareWithStored } from './apply-placements.ts';
import { forgetKeys, refreshKeys } from './correlation-keys.ts';
import { openRequest } from './correlation-state.ts';
import { collectDirty, type MostBounds, settleDirty } from './dirty-accounts.ts';
import { lockCorrelation } from './lock.ts';
import { placeAccounts } from './place-accounts.ts';
import { createRanks, createRules } from './rule-tables.ts';

/**
 * Must run in a transaction of its own: killed at any instant nothing has happened, and repeated it changes nothing.
 * Correlations take turns, of all projects: each is computed over everything that is stored.
 * @param runId the run that asks; null when somebody else does
 * @param bounds from how many changed accounts on all are evaluated that these may concern
 */
export async function correlate(
  client: pg.PoolClient,
  runId: string | null,
  bounds?: MostBounds,
): Promise<CorrelationCounts> {
  await lockCorrelation(client);
  // Whole tables are joined and sorted; samples of the temporary ones may be small.
  await client.query(`set local work_mem = '64MB'; set local default_statistics_target = 10`);
  const request = await openRequest(client);
  await createRules(client);
  const ranks = await createRanks(client);
  const dirty = await collectDirty(client, { runId, everything: request !== null, bounds });
  await refreshKeys(client, dirty);
  const affected = await collectAffected(client, ranks, dirty);
  if (affected === 0) {
    await forgetKeys(client);
    await settleDirty(client, dirty, request);
    return { personsCreated: 0, linked: 0, unlinked: 0, casesOpened: 0 };
  }
  do {
    await placeAccounts(client, ranks, dirty);
    await compareWithStored(client);
  } while (!dirty.most && (await reachFurther(client)));
  const counts = await applyPlacements(client, runId);
  await forgetKeys(client);
  await settleDirty(client, dirty, request);
  if (dirty.most) await describe(client, counts);
  return counts;
}

/** The refresh that follows joins tables that were filled a moment ago. */
async function describe(client: pg.PoolClient, { personsCreated }: CorrelationCounts): Promise<void> {
  await client.query('set local default_statistics_target to default');
  if (personsCreated > 0) await client.query('analyze person');
  await client.query('analyze person_link, correlation_key, name_key');
}
