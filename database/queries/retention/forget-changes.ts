// Forgets changes that are older than settings keep them: run after run, the oldest first, some rows at a time.
import type pg from 'pg';
import { type Queryable, type RawBuilder, run, runOne, sql, transaction } from '../../sql.ts';

/** Rows that one transaction takes. */
const BATCH = 5_000;
/** Runs that one transaction takes, where they have few. */
const RUNS = 100;
/** Held by whoever forgets changes. */
const TURN = sql`hashtextextended('forget changes', 0)`;

/** The run whose changes are being forgotten, and the object up to which they were. */
export interface ChangePosition {
  runId: string;
  object: string;
}

/** What one transaction did. */
export interface ForgottenChanges {
  count: number;
  /** Nothing is left that may go, or somebody else is at it. */
  done: boolean;
  /** For the next call, so that it need not look at what is gone. */
  position: ChangePosition | null;
}

/**
 * Forgets some of the changes that were made more than `days` days ago; to be called until it is done. Who is killed
 * in between leaves whole transactions behind, and what is left is found again.
 *
 * One process at a time, and runs in their order: an object's first version is worked out from all that changed since
 * (`first_version`), so nothing may go while something earlier of the same object stays.
 */
export function forgetChanges(
  pool: pg.Pool,
  days: number,
  position: ChangePosition | null,
): Promise<ForgottenChanges> {
  return transaction(pool, async (client) => {
    const turn = await runOne<{ mine: boolean }>(
      client,
      sql`select pg_try_advisory_xact_lock(${TURN}) as mine`,
    );
    if (!turn?.mine) return { count: 0, done: true, position: null };
    const runs = await oldestRuns(client, days);
    if (runs.length === 0) {
      const count = await forgetRunless(client, days);
      return { count, done: count === 0, position: null };
    }
    return forgetOf(client, runs, position);
  });
}

/** Forgets the changes of one run after the other until it has been enough. */
async function forgetOf(
  client: pg.PoolClient,
  runs: OldRun[],
  position: ChangePosition | null,
): Promise<ForgottenChanges> {
  let count = 0;
  for (const old of runs) {
    const after = position?.runId === old.runId ? position.object : null;
    const room = BATCH - count;
    const objects = await run(client, deleteOf(old, after, room));
    count += objects.length;
    const last = objects.at(-1);
    if (last && objects.length === room)
      return { count, done: false, position: { runId: old.runId, object: last.id } };
    await noteForgotten(client, old.runId);
  }
  return { count, done: false, position: null };
}

interface OldRun {
  runId: string;
  connectionId: string;
}

/**
 * The oldest runs that still have changes of before the limit. A run that is older still and not over may yet be about
 * to write what came first. Served by sync_run_keeping and sync_run_open.
 */
function oldestRuns(on: Queryable, days: number): Promise<OldRun[]> {
  return run<OldRun>(
    on,
    sql`
      select r.id as "runId", r.connection_id as "connectionId" from sync_run r
      where r.keeps_changes and r.started_at < now() - make_interval(days => ${days}) and r.finished_at is not null
        -- Correlation asks which accounts a run changed.
        and r.correlated_at is not null
        and not exists (select from sync_run open
                        where open.connection_id = r.connection_id and open.status in ('running', 'paused')
                          and open.started_at < r.started_at)
      order by r.started_at, r.id limit ${RUNS}`,
  );
}

/**
 * Served by object_change_run, of which it reads what it deletes and nothing else. Rows are found again by their place,
 * since a join would read the whole partition; that of another partition's row is told apart by its connection.
 */
function deleteOf(
  { runId, connectionId }: OldRun,
  after: string | null,
  limit: number,
): RawBuilder<{ id: string }> {
  const further = after === null ? sql`` : sql`and object_id > ${after}::uuid`;
  return sql<{ id: string }>`
    with gone as (
      delete from object_change
      where connection_id = ${connectionId}::uuid and ctid = any (array(
        select ctid from object_change
        where connection_id = ${connectionId}::uuid and run_id = ${runId}::uuid ${further}
        order by object_id limit ${limit}))
      returning object_id as id
    )
    select id from gone order by id`;
}

async function noteForgotten(client: pg.PoolClient, runId: string): Promise<void> {
  await run(
    client,
    sql`
      update sync_run set keeps_changes = false,
        notice = concat_ws(' ', notice, 'Its changes are no longer kept (IDENTITY_CENTER_KEEP_CHANGES_DAYS).')
      where id = ${runId}::uuid`,
  );
}

/** What the deletion of a project removed has no run. Served by object_change_run, a partition after the other. */
async function forgetRunless(client: pg.PoolClient, days: number): Promise<number> {
  const old = sql`run_id is null and at < now() - make_interval(days => ${days})`;
  const found = await runOne<{ connectionId: string }>(
    client,
    sql`select connection_id as "connectionId" from object_change where ${old} limit 1`,
  );
  if (!found) return 0;
  const gone = await run(
    client,
    sql`
      delete from object_change
      where connection_id = ${found.connectionId}::uuid and ctid = any (array(
        select ctid from object_change where connection_id = ${found.connectionId}::uuid and ${old} limit ${BATCH}))
      returning 1`,
  );
  return gone.length;
}
