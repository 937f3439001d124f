// Finds the accounts that changed since the last correlation, and takes note of what was taken in.
import type pg from 'pg';
import { type RawBuilder, run, runOne, sql } from '../../sql.ts';
import { answerRequest } from './correlation-state.ts';

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

/** Accounts, and what was one until its class changed, as `o`: person_link's key and correlation_case_open serve it. */
const CONCERNS_PERSONS: RawBuilder<unknown> = sql`
  (o.object_class = 'user' or exists (select from person_link l where l.object_id = o.id)
    or exists (select from correlation_key k where k.object_id = o.id)
    or exists (select from correlation_case k where k.object_id = o.id and k.status = 'open'))`;

/**
 * Fills the temporary table `dirty` with the accounts that changed in runs not correlated yet, and with those that
 * somebody decided about; with all accounts when everything is to be evaluated.
 */
export async function collectDirty(
  client: pg.PoolClient,
  { runId, everything }: { runId: string | null; everything: boolean },
): Promise<Dirty> {
  // `decided`: somebody decided about it; it is evaluated even if nothing of it changed.
  await client.query(`
    create temp table dirty (object_id uuid primary key, connection_id uuid, decided boolean not null default false)
      on commit drop`);
  const runs = await pendingRuns(client, runId);
  if (everything) await addAll(client);
  else for (const pending of runs) await addChanged(client, pending);
  await run(
    client,
    sql`
      insert into dirty
      select o.id, o.connection_id, true from correlation_dirty d join directory_object o on o.id = d.object_id
      where ${CONCERNS_PERSONS}
      on conflict (object_id) do update set decided = true`,
  );
  await client.query('delete from correlation_dirty');
  await client.query('analyze dirty');
  return { runs: runs.map(({ id }) => id), everything, most: everything || (await areMost(client)) };
}

async function areMost(client: pg.PoolClient): Promise<boolean> {
  const part = await runOne<{ most: boolean }>(
    client,
    sql`
      select (select count(*) from dirty)
        > greatest(${FEW}, ${MOST}::float8 * coalesce(sum(present + removed), 0)) as most
      from object_count where object_class = 'user'`,
  );
  return part?.most ?? true;
}

/** Runs that are over, and the one that asks; others come with what they still change. sync_run_uncorrelated serves it. */
function pendingRuns(client: pg.PoolClient, runId: string | null): Promise<PendingRun[]> {
  return run<PendingRun>(
    client,
    sql`
      select id, connection_id as "connectionId" from sync_run
      where correlated_at is null and not dry_run
        and (id = ${runId}::uuid or status in ('completed', 'failed', 'cancelled'))`,
  );
}

/** With what is no account any more, but was one when it was last evaluated. */
async function addAll(client: pg.PoolClient): Promise<void> {
  await client.query(`
    insert into dirty select id, connection_id from directory_object where object_class = 'user';
    insert into dirty
    select o.id, o.connection_id
    from (select object_id, connection_id from person_link
          union select object_id, connection_id from correlation_case where status = 'open') e
    join directory_object o on o.id = e.object_id and o.connection_id = e.connection_id
    where o.object_class <> 'user'`);
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
        and o.connection_id = ${pending.connectionId} and ${CONCERNS_PERSONS}
      on conflict do nothing`,
  );
}

/** Notes that all of it was taken in; last of all, since it locks the rows. */
export async function settleDirty(
  client: pg.PoolClient,
  { runs }: Dirty,
  request: string | null,
): Promise<void> {
  if (request !== null) await answerRequest(client, request);
  await run(
    client,
    sql`update sync_run set correlated_at = clock_timestamp() where id = any (${runs}::uuid[])`,
  );
}
