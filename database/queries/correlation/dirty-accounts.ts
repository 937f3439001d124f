// Finds the accounts that a correlation has to evaluate: what changed, and everything that it touches.
import type pg from 'pg';
import { run, runOne, sql } from '../../sql.ts';

/** Runs whose changes are taken in, with the one that asks. */
interface PendingRun {
  id: string;
  connectionId: string;
}

/** What of all accounts changed, or has to be evaluated anew. */
export interface Dirty {
  /** The runs whose changes these are. */
  runs: string[];
  /** All accounts are in `dirty`. */
  everything: boolean;
  /** So many that finding out what they touch costs more than evaluating all. */
  most: boolean;
}

/** From this part of all accounts on, all are evaluated; of a few accounts never. */
const MOST = 0.2;
const FEW = 1_000;

/**
 * Fills the temporary table `dirty` with the accounts that changed in runs not correlated yet, and with those that
 * somebody decided about; with all accounts when everything is to be evaluated.
 */
export async function collectDirty(client: pg.PoolClient, runId: string | null): Promise<Dirty> {
  // `decided`: somebody decided about it; it is evaluated even if nothing of it changed.
  await client.query(`
    create temp table dirty (object_id uuid primary key, connection_id uuid, decided boolean not null default false)
      on commit drop`);
  const state = await runOne<{ everything: boolean }>(client, sql`select everything from correlation_state`);
  const everything = state?.everything ?? true;
  const runs = await pendingRuns(client, runId);
  for (const pending of runs) if (!everything) await addChanged(client, pending);
  if (everything) {
    await client.query(`
      insert into dirty select id, connection_id from directory_object where object_class = 'user'`);
    await client.query('update correlation_state set everything = false');
  } else {
    await client.query(`
      insert into dirty
      select o.id, o.connection_id, true from correlation_dirty d join directory_object o on o.id = d.object_id
      where o.object_class = 'user'
      on conflict (object_id) do update set decided = true`);
  }
  await client.query('delete from correlation_dirty');
  await client.query('analyze dirty');
  const part = await runOne<{ most: boolean }>(
    client,
    sql`
      select (select count(*) from dirty)
        > greatest(${FEW}, ${MOST}::float8 * coalesce(sum(present + removed), 0)) as most
      from object_count where object_class = 'user'`,
  );
  return { runs: runs.map(({ id }) => id), everything, most: everything || (part?.most ?? true) };
}

/** Runs that are over, and the one that asks; others come with what they still change. sync_run_uncorrelated serves it. */
function pendingRuns(client: pg.PoolClient, runId: string | null): Promise<PendingRun[]> {
  return run<PendingRun>(
    client,
    sql`
      select id, connection_id as "connectionId" from sync_run
      where correlated_at is null and (id = ${runId}::uuid or status in ('completed', 'failed', 'cancelled'))`,
  );
}

/** object_change_run finds them; both tables are asked in the connection's partition alone. */
async function addChanged(client: pg.PoolClient, pending: PendingRun): Promise<void> {
  await run(
    client,
    sql`
      insert into dirty
      select distinct o.id, o.connection_id
      from object_change c
      join directory_object o on o.id = c.object_id and o.connection_id = c.connection_id
      where c.run_id = ${pending.id} and c.connection_id = ${pending.connectionId}
        and o.connection_id = ${pending.connectionId} and o.object_class = 'user'
      on conflict do nothing`,
  );
}

/** Notes that the changes of these runs were taken in; last of all, since it locks their rows. */
export async function settleRuns(client: pg.PoolClient, { runs }: Dirty): Promise<void> {
  await run(
    client,
    sql`update sync_run set correlated_at = clock_timestamp() where id = any (${runs}::uuid[])`,
  );
}
