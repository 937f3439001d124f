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
  /** So many that finding out what they touch costs more than evaluating all from rank `from` on. */
  most: boolean;
  /** An account is placed by what earlier ranks have: nobody before this rank is concerned. */
  from: number;
}

/** How many dirty accounts are most. */
export interface MostBounds {
  /** From this part of all accounts on. */
  part: number;
  /** But never so few. */
  few: number;
}

const MOST: MostBounds = { part: 0.2, few: 1_000 };

/** Accounts, and what was one until its class changed, as `o`: person_link's key and correlation_case_open serve it. */
const CONCERNS_PERSONS: RawBuilder<unknown> = sql`
  (o.object_class = 'user' or exists (select from person_link l where l.object_id = o.id)
    or exists (select from correlation_key k where k.object_id = o.id)
    or exists (select from correlation_case k where k.object_id = o.id and k.status = 'open'))`;

/**
 * Fills the temporary table `dirty` with the accounts that changed in runs not correlated yet, and with those that
 * somebody decided about; with all accounts when everything is to be evaluated. `decided`: evaluated even if nothing of
 * it changed; `keyed`: it has keys from before.
 */
export async function collectDirty(
  client: pg.PoolClient,
  { runId, everything, bounds = MOST }: { runId: string | null; everything: boolean; bounds?: MostBounds },
): Promise<Dirty> {
  const runs = await pendingRuns(client, runId);
  const changed = everything ? [ALL] : runs.map(changedIn);
  // correlation_key_object serves it; where many are asked about, that index is read as a whole.
  await run(
    client,
    sql`
      create temp table dirty on commit drop as
      select c.object_id, c.connection_id, bool_or(c.decided) as decided,
             exists (select from correlation_key k where k.object_id = c.object_id) as keyed
      from (${sql.join([...changed, DECIDED], sql` union all `)}) c
      group by c.object_id, c.connection_id`,
  );
  await client.query(`
    delete from correlation_dirty;
    create unique index on dirty (object_id);
    analyze dirty`);
  const most = everything || (await areMost(client, bounds));
  return {
    runs: runs.map(({ id }) => id),
    everything,
    most,
    from: everything ? 1 : await firstConcerned(client),
  };
}

/** What people decided is compared with earlier ranks too. person_link's and person's keys serve it. */
async function firstConcerned(client: pg.PoolClient): Promise<number> {
  const first = await runOne<{ rank: number }>(
    client,
    sql`
      select case when exists (
        select from dirty d
        where d.decided or exists (select from person_link m where m.object_id = d.object_id and m.manual)
          or exists (select from person p join person_link m on m.person_id = p.id and m.manual
                     where p.anchor_object_id = d.object_id))
      then 1 else coalesce((
        select min(r.rank)
        from (select distinct connection_id from dirty) d join connection_rank r on r.connection_id = d.connection_id
      ), 1) end as rank`,
  );
  return first?.rank ?? 1;
}

async function areMost(client: pg.PoolClient, { part, few }: MostBounds): Promise<boolean> {
  const dirty = await runOne<{ most: boolean }>(
    client,
    sql`
      select (select count(*) from dirty)
        > greatest(${few}::integer, ${part}::float8 * coalesce(sum(present + removed), 0)) as most
      from object_count where object_class = 'user'`,
  );
  return dirty?.most ?? true;
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
const ALL = sql`
  select id as object_id, connection_id, false as decided from directory_object where object_class = 'user'
  union all
  select o.id, o.connection_id, false
  from (select object_id, connection_id from person_link
        union select object_id, connection_id from correlation_case where status = 'open') e
  join directory_object o on o.id = e.object_id and o.connection_id = e.connection_id
  where o.object_class <> 'user'`;

/** object_change_run finds them; both tables are asked in the connection's partition alone. */
function changedIn({ id, connectionId }: PendingRun): RawBuilder<unknown> {
  const here = sql`${sql.lit(connectionId)}::uuid`;
  return sql`
    select o.id as object_id, o.connection_id, false as decided
    from directory_object o
    where o.connection_id = ${here} and ${CONCERNS_PERSONS}
      and o.id in (select c.object_id from object_change c
                   where c.run_id = ${sql.lit(id)}::uuid and c.connection_id = ${here})`;
}

const DECIDED = sql`
  select o.id as object_id, o.connection_id, true as decided
  from correlation_dirty d join directory_object o on o.id = d.object_id
  where ${CONCERNS_PERSONS}`;

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
