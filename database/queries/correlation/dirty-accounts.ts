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
  /** All accounts are in `dirty`. */
  everything: boolean;
  /** So many that finding out what they touch costs more than evaluating all. */
  most: boolean;
}

/** From this part of all accounts on, all are evaluated. */
const MOST = 0.2;

/**
 * Fills the temporary table `dirty` with the accounts that changed in runs not correlated yet, and with those that
 * somebody decided about; with all accounts when everything is to be evaluated.
 */
export async function collectDirty(client: pg.PoolClient, runId: string | null): Promise<Dirty> {
  await client.query(
    `create temp table dirty (object_id uuid primary key, connection_id uuid) on commit drop`,
  );
  const state = await runOne<{ everything: boolean }>(client, sql`select everything from correlation_state`);
  const everything = state?.everything ?? true;
  for (const pending of await pendingRuns(client, runId)) {
    if (!everything) await addChanged(client, pending);
    await run(client, sql`update sync_run set correlated_at = clock_timestamp() where id = ${pending.id}`);
  }
  if (everything) {
    await client.query(`
      insert into dirty select id, connection_id from directory_object where object_class = 'user'`);
    await client.query('update correlation_state set everything = false');
  } else {
    await client.query(`
      insert into dirty
      select o.id, o.connection_id from correlation_dirty d join directory_object o on o.id = d.object_id
      where o.object_class = 'user'
      on conflict do nothing`);
  }
  await client.query('delete from correlation_dirty');
  await client.query('analyze dirty');
  const part = await runOne<{ most: boolean }>(
    client,
    sql`
      select (select count(*) from dirty) > ${MOST}::float8 * coalesce(sum(present + removed), 0) as most
      from object_count where object_class = 'user'`,
  );
  return { everything, most: everything || (part?.most ?? true) };
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

/**
 * Fills `affected`: the dirty accounts and all that share a value with one of them, before or after the change, and
 * so on. What is outside shares nothing with what is inside, so evaluating these gives what evaluating all would.
 */
export async function collectAffected(client: pg.PoolClient, { most }: Dirty): Promise<void> {
  await client.query(
    'create temp table affected (object_id uuid primary key, connection_id uuid) on commit drop',
  );
  if (most) {
    await client.query(
      `insert into affected select id, connection_id from directory_object where object_class = 'user'`,
    );
  } else {
    await client.query('insert into affected select object_id, connection_id from dirty');
    for (let round = 0; await reachFurther(client, round); round += 1);
  }
  await client.query('analyze affected');
}

/** Takes in whoever shares a value that the round before touched. @returns whether that brought new values */
async function reachFurther(client: pg.PoolClient, round: number): Promise<boolean> {
  // correlation_key_value, then correlation_key_object.
  const { rowCount } = await client.query(
    `with shared as (
       insert into affected
       select distinct k.object_id, k.connection_id
       from touched t join correlation_key k on k.value = t.value and k.attribute = t.attribute
       where t.round = $1
       on conflict do nothing returning object_id)
     insert into touched
     select distinct k.value, k.attribute, $1 + 1 from shared s join correlation_key k on k.object_id = s.object_id
     on conflict do nothing`,
    [round],
  );
  return (rowCount ?? 0) > 0;
}
