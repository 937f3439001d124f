// The fence around a run: each attempt of a step takes the run over, and what it overtook can write nothing more.
import type pg from 'pg';
import { type RawBuilder, run, runOne, sql, transaction } from './sql.ts';

/**
 * Which attempt of which step of which run is writing. `epoch` grows with every step and every attempt, and is
 * worked out by the workflow, so that an attempt that wakes up late always has a lower one.
 */
export interface RunFence {
  runId: string;
  epoch: number;
}

/** This attempt was overtaken, or its run is over: it must stop, and nothing that it writes may commit. */
export class Fenced extends Error {
  override readonly name = 'Fenced';
}

/**
 * Raises the run's epoch to this attempt's. Sessions of earlier attempts are ended first: one that was stopped in
 * the middle of a transaction would hold the run's row for as long as it sleeps.
 * @throws Fenced when a later attempt came first or the run is not running.
 */
export async function takeOver(pool: pg.Pool, fence: RunFence): Promise<void> {
  await run(
    pool,
    sql`
      select pg_terminate_backend(pid)
      from pg_stat_activity
      where datname = current_database()
        and application_name like ${`sync ${fence.runId} %`}
        and split_part(application_name, ' ', 3)::bigint < ${fence.epoch}`,
  );
  const taken = await runOne(
    pool,
    sql`
      update sync_run set epoch = ${fence.epoch}
      where id = ${fence.runId} and status = 'running' and epoch < ${fence.epoch}
      returning id`,
  );
  if (!taken) throw new Fenced(`run ${fence.runId} was taken over by a later attempt, or has ended`);
}

/**
 * Runs `work` in a transaction that holds the run's row and commits only while this attempt is the latest.
 * @throws Fenced otherwise.
 */
export function fencedTransaction<T>(
  pool: pg.Pool,
  fence: RunFence,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  return heldTransaction(pool, fence, sql`for no key update`, work);
}

/** As `fencedTransaction`, for batches that go side by side: `work` leaves the run's own row alone. */
export function fencedBatch<T>(
  pool: pg.Pool,
  fence: RunFence,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  return heldTransaction(pool, fence, sql`for share`, work);
}

/**
 * Runs `work`, which changes objects or memberships in transactions of its own, in the connection's turn: projects
 * that share a connection take turns. The lock goes with a transaction that does nothing else, so a crash leaves
 * nothing behind, and a run that waits for its turn holds no row and can be cancelled.
 */
export async function connectionTurn<T>(
  pool: pg.Pool,
  fence: RunFence,
  connectionId: string,
  work: () => Promise<T>,
): Promise<T> {
  return transaction(pool, async (client) => {
    await nameSession(client, fence);
    await lockConnection(client, connectionId);
    return work();
  });
}

async function heldTransaction<T>(
  pool: pg.Pool,
  fence: RunFence,
  lock: RawBuilder<unknown>,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  return transaction(pool, async (client) => {
    await nameSession(client, fence);
    const held = await runOne(
      client,
      sql`
        select id from sync_run where id = ${fence.runId} and epoch = ${fence.epoch} and status = 'running' ${lock}`,
    );
    if (!held) throw new Fenced(`run ${fence.runId} was taken over by a later attempt, or has ended`);
    return work(client);
  });
}

/** Lets a later attempt find and end this session (see takeOver). */
async function nameSession(client: pg.PoolClient, fence: RunFence): Promise<void> {
  await client.query(`set local application_name = 'sync ${fence.runId} ${fence.epoch}'`);
}

/** Waits for the connection's turn; held until the transaction ends. */
export async function lockConnection(client: pg.PoolClient, connectionId: string): Promise<void> {
  await run(client, sql`select pg_advisory_xact_lock(hashtextextended(${`connection ${connectionId}`}, 0))`);
}
