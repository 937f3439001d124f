// The record of refreshes: queued by the API, worked off by one workflow, with progress batch by batch.
import type pg from 'pg';
import { type Queryable, run, runOne, sql, transaction } from '../../sql.ts';
import { type ListRequest, type ListResult, listRows } from '../list-rows.ts';
import { countPersonsOfProfile } from '../persons/choose-persons.ts';
import { readRow } from '../read-rows.ts';

export interface RefreshRow {
  id: string;
  identityProfileId: string;
  status: 'queued' | 'running' | 'completed' | 'failed';
  requestedBy: string;
  counts: { total: number; done: number; failed: number };
  progress: { percent: number };
  error: { code: string; message: string } | null;
  queuedAt: string;
  startedAt: string | null;
  finishedAt: string | null;
}

const columns = sql`o.id, o.identity_profile_id as "identityProfileId", o.status, o.requested_by as "requestedBy",
    jsonb_build_object('total', greatest(o.total, o.done), 'done', o.done, 'failed', o.failed) as counts,
    jsonb_build_object('percent', case when o.status = 'completed' then 100 when o.total = 0 then 0
      else least(99, floor(100.0 * o.done / o.total)) end) as progress,
    case when o.error_code is not null
         then jsonb_build_object('code', o.error_code, 'message', o.error_message) end as error,
    o.queued_at as "queuedAt", o.started_at as "startedAt", o.finished_at as "finishedAt"`;

/** A page of the refreshes of a profile; identity_refresh_profile serves it. */
export function listRefreshes(
  on: Queryable,
  profileId: string,
  filter: { status?: string | undefined },
  request: ListRequest<'queuedAt'>,
): Promise<ListResult<RefreshRow>> {
  const where = [sql`o.identity_profile_id = ${profileId}::uuid`];
  if (filter.status) where.push(sql`o.status = ${filter.status}`);
  return listRows<RefreshRow>(on, {
    columns,
    from: sql`identity_refresh o`,
    where,
    sort: { expression: sql`o.queued_at`, type: 'timestamptz' },
    id: sql`o.id`,
    request,
  });
}

/** Served by the primary key. */
export function getRefresh(on: Queryable, profileId: string, id: string): Promise<RefreshRow | undefined> {
  return readRow<RefreshRow>(
    on,
    sql`select ${columns} from identity_refresh o
        where o.id = ${id}::uuid and o.identity_profile_id = ${profileId}::uuid`,
  );
}

/**
 * Queues a refresh, or joins the one that is queued, or that was asked for with the same key; whoever asks for the same
 * profile takes turns. Served by the keys of the tables and by identity_refresh_queued.
 * @returns its id; undefined where there is no such profile
 */
export function queueRefresh(
  pool: pg.Pool,
  request: { profileId: string; requestedBy: string; key: string | null },
): Promise<string | undefined> {
  const { profileId, requestedBy, key } = request;
  return transaction(pool, async (client) => {
    const profile = await runOne(
      client,
      sql`select from identity_profile where id = ${profileId}::uuid for no key update`,
    );
    if (!profile) return undefined;
    const known = await runOne<{ id: string }>(
      client,
      sql`
        select refresh_id as id from identity_refresh_request
        where identity_profile_id = ${profileId}::uuid and key = ${key}`,
    );
    if (known) return known.id;
    // An update that changes nothing, so that the row which is there is answered with.
    const queued = await runOne<{ id: string }>(
      client,
      sql`
        with queued as (
          insert into identity_refresh as r (identity_profile_id, requested_by)
          values (${profileId}::uuid, ${requestedBy})
          on conflict (identity_profile_id) where status = 'queued' do update set status = r.status
          returning r.id),
        kept as (
          insert into identity_refresh_request (identity_profile_id, key, refresh_id)
          select ${profileId}::uuid, ${key}, id from queued where ${key}::text is not null)
        select id from queued`,
    );
    return queued?.id;
  });
}

/**
 * The one that is going on, or else the next of the queue; it is running now. Whoever is saving the profile is waited
 * for: what is read from now on was saved before the refresh started. identity_refresh_open and the keys serve it.
 */
export async function claimRefresh(on: Queryable): Promise<string | null> {
  const next = await runOne<{ id: string; profileId: string; status: string }>(
    on,
    sql`
      select id, identity_profile_id as "profileId", status from identity_refresh
      where status in ('queued', 'running') order by status = 'queued', id limit 1`,
  );
  if (!next) return null;
  if (next.status === 'queued') {
    const total = await countPersonsOfProfile(on, next.profileId);
    await runOne(
      on,
      sql`
        with profile as materialized (
          select id from identity_profile where id = ${next.profileId}::uuid for key share)
        update identity_refresh r set status = 'running', started_at = clock_timestamp(), total = ${total}
        from profile where r.id = ${next.id}::uuid and r.status = 'queued' and r.identity_profile_id = profile.id`,
    );
  }
  return next.id;
}

/**
 * Whether anybody waits for a refresh, or a refresh for being worked off; the first rows of refresh_wanted and
 * account_change, which have only what waits, and identity_refresh_open.
 */
export async function anyRefreshWaits(on: Queryable): Promise<boolean> {
  const row = await runOne<{ any: boolean }>(
    on,
    sql`
      select exists (select from refresh_wanted) or exists (select from account_change)
        or exists (select from identity_refresh where status in ('queued', 'running')) as any`,
  );
  return row?.any ?? false;
}

/** After how many hours one that failed is tried again. */
const AFTER_FAILURE_HOURS = 1;

/**
 * Queues a refresh of each profile whose values depend on the present time and that was not refreshed for so many hours;
 * a refresh that failed counts for an hour at most.
 * There are tens of profiles; identity_refresh_profile serves the rest. @returns how many
 */
export async function queueTimeBased(on: Queryable, hours: number): Promise<number> {
  const queued = await run(
    on,
    sql`
      insert into identity_refresh (identity_profile_id, requested_by)
      select p.id, 'schedule' from identity_profile p
      where p.enabled and p.has_time_based_attr and not exists (
        select from identity_refresh r
        where r.identity_profile_id = p.id and (r.status in ('queued', 'running')
          or coalesce(r.started_at, r.queued_at) > now() - make_interval(secs => 3600 * case r.status
            when 'failed' then ${Math.min(hours, AFTER_FAILURE_HOURS)}::float8 else ${hours}::float8 end)))
      on conflict do nothing
      returning id`,
  );
  return queued.length;
}

/** Where a running refresh is. */
interface HeldRefresh {
  profileId: string;
  position: string | null;
  done: number;
  failed: number;
  total: number;
  /** Milliseconds since 1970. */
  startedAt: number;
}

/** Held until the transaction ends; undefined when it is over. */
export function holdRefresh(on: Queryable, id: string): Promise<HeldRefresh | undefined> {
  return runOne(
    on,
    sql<HeldRefresh>`
      select identity_profile_id as "profileId", position, done, failed, total,
        floor(extract(epoch from started_at) * 1000)::float8 as "startedAt"
      from identity_refresh
      where id = ${id}::uuid and status = 'running' for update`,
  );
}

/** Adds what a batch did, in the transaction of the batch. */
export async function recordRefreshed(
  on: Queryable,
  id: string,
  batch: { last: string | null; done: number; failed: number },
): Promise<void> {
  await runOne(
    on,
    sql`
      update identity_refresh set position = ${batch.last}::uuid, done = done + ${batch.done},
        failed = failed + ${batch.failed}
      where id = ${id}::uuid`,
  );
}

/**
 * How it ended: null, completed. A profile that was saved since it began has to be refreshed once more. The profile is
 * locked first, as its deletion does.
 */
export async function closeRefresh(
  on: Queryable,
  id: string,
  error: { code: string; message: string } | null,
): Promise<void> {
  await runOne(
    on,
    sql`
      with profile as materialized (
        select p.id from identity_profile p
        where p.id = (select identity_profile_id from identity_refresh where id = ${id}::uuid)
        for no key update),
      closed as (
        update identity_refresh r set status = ${error ? 'failed' : 'completed'}, finished_at = clock_timestamp(),
          error_code = ${error?.code ?? null}, error_message = ${error?.message ?? null}
        from profile
        where r.id = ${id}::uuid and r.status = 'running' and r.identity_profile_id = profile.id
        returning r.id, r.identity_profile_id, r.started_at, r.failed, r.status)
      update identity_profile p set
        identity_refresh_required = p.identity_refresh_required
          and (c.status = 'failed' or p.updated_at > c.started_at),
        exception_report = case when c.failed = 0 then p.exception_report else jsonb_build_object(
          'taskResultId', replace(c.id::text, '-', ''), 'reportName', 'Identity exceptions of ' || p.name) end
      from closed c where p.id = c.identity_profile_id`,
  );
}
