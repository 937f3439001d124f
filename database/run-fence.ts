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
 * Raises the run's epoch to this attempt's, after ending what earlier attempts left open.
 * @throws Fenced when a later attempt came first or the run is not running.
 */
export async function takeOver(pool: pg.Pool, fence: RunFence): Promise<void> {
  await endEarlierSessions(pool, fence);
  const taken = await runOne(
    pool,
    sql`
      update sync_run set epoch = ${fence.epoch}
      where id = ${fence.runId} and status = 'running' and epoch < ${fence.epoch}
      returning id`,
  );
  if (!taken) throw overtaken(fence);
  // Those that began between the two statements.
  await endEarlierSessions(pool, fence);
}

/**
 * Ends the sessions in which attempts below `epoch` are in the middle of a transaction: one that was suspended
 * there would hold the run's row for as long as it sleeps.
 */
export async function endEarlierSessions(pool: pg.Pool, fence: RunFence): Promise<void> {
  await run(
    pool,
    sql`
      select pg_terminate_backend(pid)
      from pg_stat_activity
      where datname = current_database()
        and case when application_name ~ ${`^sync ${fence.runId} [0-9]+$`}
                 then split_part(application_name, ' ', 3)::bigint < ${fence.epoch} end`,
  );
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
  return transaction(pool, async (client) => {
    await nameSession(client, fence);
    await holdRun(client, fence);
    return work(client);
  });
}

/**
 * Runs `work` in a transaction that shares the run's row with others of its kind, so that several may go on at a
 * time: for tables that belong to one read. A later attempt can find and end it; the run cannot be closed before.
 * @throws Fenced when this attempt is not the latest.
 */
export function namedTransaction<T>(
  pool: pg.Pool,
  fence: RunFence,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  return transaction(pool, async (client) => {
    await nameSession(client, fence);
    const latest = await runOne(client, sql`${latestAttempt(fence)} for key share`);
    if (!latest) throw overtaken(fence);
    return work(client);
  });
}

/**
 * As `fencedTransaction`, for what changes objects or memberships: projects that share a connection take turns,
 * transaction by transaction. The lock goes with the transaction, so that a crash leaves nothing behind; it comes
 * before the run's row, so that a run which waits for its turn can be cancelled.
 */
export function connectionTurn<T>(
  pool: pg.Pool,
  fence: RunFence,
  connectionId: string,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  return transaction(pool, async (client) => {
    await nameSession(client, fence);
    await lockConnection(client, connectionId);
    await holdRun(client, fence);
    return work(client);
  });
}

/**
 * Holds the run's row until the transaction ends.
 * @throws Fenced when this attempt is not the latest.
 */
export async function holdRun(client: pg.PoolClient, fence: RunFence): Promise<void> {
  const held = await runOne(client, sql`${latestAttempt(fence)} for no key update`);
  if (!held) throw overtaken(fence);
}

function latestAttempt(fence: RunFence): RawBuilder<unknown> {
  return sql`
    select id from sync_run where id = ${fence.runId} and epoch = ${fence.epoch} and status = 'running'`;
}

function overtaken(fence: RunFence): Fenced {
  return new Fenced(`run ${fence.runId} was taken over by a later attempt, or has ended`);
}

/** Lets a later attempt find and end this session (see endEarlierSessions). */
async function nameSession(client: pg.PoolClient, fence: RunFence): Promise<void> {
  await run(
    client,
    sql`select set_config('application_name', ${`sync ${fence.runId} ${fence.epoch}`}, true)`,
  );
}

/** Waits for the connection's turn; held until the transaction ends. */
export async function lockConnection(client: pg.PoolClient, connectionId: string): Promise<void> {
  await run(client, sql`select pg_advisory_xact_lock(hashtextextended(${`connection ${connectionId}`}, 0))`);
}
