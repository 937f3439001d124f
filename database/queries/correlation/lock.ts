// The turn that all take who change which account belongs to whom, or what persons are: correlations, refreshes, and
// what people decide.
import type pg from 'pg';
import { AppError } from '../../../domain/app-error.ts';
import { longTransaction } from '../../long-transaction.ts';
import { type RawBuilder, run, runOne, sql } from '../../sql.ts';

const KEY: RawBuilder<unknown> = sql`hashtextextended('correlation', 0)`;
/** PostgreSQL's error code of a lock_timeout. */
const LOCK_NOT_AVAILABLE = '55P03';
/** How long somebody who waits for an answer waits for a correlation or a part of a refresh, in milliseconds. */
const PATIENCE_MS = 5_000;

/** Waits for the turn; held until the transaction ends. */
export async function lockCorrelation(client: pg.PoolClient): Promise<void> {
  await run(client, sql`select pg_advisory_xact_lock(${KEY})`);
}

/**
 * Runs `work` in one transaction, in turn with all correlations and refreshes; its statements may take as long as they need.
 * @param first locks what others lock before they wait for the turn, as who deletes a project does
 * @throws AppError `unavailable` when its turn does not come soon.
 */
export function inTurn<T>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<T>,
  first?: (client: pg.PoolClient) => Promise<unknown>,
): Promise<T> {
  return longTransaction(pool, async (client) => {
    await lockSoon(client, async () => {
      await first?.(client);
      await lockCorrelation(client);
    });
    return work(client);
  });
}

async function lockSoon(client: pg.PoolClient, lock: () => Promise<void>): Promise<void> {
  await client.query(`set local lock_timeout = ${PATIENCE_MS}`);
  try {
    await lock();
  } catch (error) {
    if ((error as { code?: unknown }).code !== LOCK_NOT_AVAILABLE) throw error;
    throw new AppError(
      'unavailable',
      'Accounts are being correlated or persons refreshed at the moment; try again.',
      {
        headers: { 'Retry-After': '5' },
      },
    );
  }
  await client.query('set local lock_timeout to default');
}

/** Takes the turn if nobody has it. @returns whether */
export async function tryLockCorrelation(client: pg.PoolClient): Promise<boolean> {
  const row = await runOne<{ taken: boolean }>(
    client,
    sql`select pg_try_advisory_xact_lock(${KEY}) as taken`,
  );
  return row?.taken ?? false;
}
