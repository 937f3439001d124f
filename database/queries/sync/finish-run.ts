// Ends a run: its status, its reason, and counts that are read off what it wrote.
import type pg from 'pg';
import { run, runOne, sql, transaction } from '../../sql.ts';
import { noteRun } from '../notifications/note-run.ts';
import { keepWatermark } from './watermarks.ts';

export type RunOutcome =
  | { status: 'completed' }
  | { status: 'cancelled'; message: string; notice?: string }
  | { status: 'failed'; code: string; message: string };

/**
 * Closes the run and its steps; a run that is over already stays as it is, so that doing it twice does no harm.
 * A completed run that compared all ids says of all that its project claims that it was there at the run's instant.
 */
export async function finishRun(pool: pg.Pool, runId: string, outcome: RunOutcome): Promise<boolean> {
  return transaction(pool, async (client) => {
    const open = await runOne<{ projectId: string }>(
      client,
      sql`
        select project_id as "projectId" from sync_run
        where id = ${runId} and status in ('queued', 'running', 'paused') for update`,
    );
    if (!open) return false;
    const reason = outcome.status === 'completed' ? null : outcome.message;
    await run(
      client,
      sql`
        update sync_run set
          status = ${outcome.status}, finished_at = clock_timestamp(), pause_reason = null, paused_at = null,
          notice = coalesce(${(outcome.status === 'cancelled' && outcome.notice) || null}, notice),
          -- Nothing of an attempt that is still going may commit after this.
          epoch = epoch + 1,
          -- Served by object_change_run.
          keeps_changes = exists (select from object_change c
                                  where c.run_id = sync_run.id and c.connection_id = sync_run.connection_id),
          error_code = ${outcome.status === 'failed' ? outcome.code : null},
          error_message = ${outcome.status === 'failed' ? reason : null},
          progress_step = case when ${outcome.status} = 'completed' then null else progress_step end,
          progress_percent = case when ${outcome.status} = 'completed' then 100 else progress_percent end,
          counts = ${await finalCounts(client, runId, outcome.status === 'completed')}
        where id = ${runId}`,
    );
    await closeSteps(client, runId, outcome);
    // What a dry run would remove is its answer.
    await run(
      client,
      sql`
        delete from sync_pending_removal where run_id = ${runId}
          and not (select dry_run and status = 'completed' from sync_run where id = ${runId})`,
    );
    if (outcome.status === 'completed') await recordCompletion(client, runId);
    await noteRun(client, runId);
    return true;
  });
}

/** What the next run and the API go by; a dry run has changed nothing of it. */
async function recordCompletion(client: pg.PoolClient, runId: string): Promise<void> {
  await keepWatermark(client, runId);
  await run(
    client,
    sql`
      update sync_project p set seen_through_at = r.started_at
      from sync_run r
      where r.id = ${runId} and (r.read_mode = 'full' or r.ids_scanned) and not r.dry_run and p.id = r.project_id`,
  );
}

/**
 * Objects are counted from the change list (index object_change_run), memberships from the ledger; what was read
 * and is in neither was unchanged.
 */
async function finalCounts(client: pg.PoolClient, runId: string, compared: boolean): Promise<string> {
  const row = await runOne<{
    counts: Record<string, number>;
    staged: number;
    rejected: number;
    ledger: Record<string, number>;
  }>(
    client,
    sql`
      select r.staged_count::int as staged, r.rejected_count::int as rejected,
        -- A dry run has no changes: what it would change is in the ledger alone.
        (select coalesce(jsonb_object_agg(key, total), '{}') from (
          select key, sum(value::int) as total from sync_run_batch b cross join jsonb_each_text(b.counts)
          where b.run_id = r.id and r.dry_run group by key) summed) as ledger,
        jsonb_build_object(
        'created', c.created, 'updated', c.updated, 'reactivated', c.reactivated, 'deactivated', c.deactivated,
        'membershipsAdded', (select coalesce(sum((counts ->> 'membershipsAdded')::int), 0)
                             from sync_run_batch where run_id = r.id),
        'membershipsRemoved', (select coalesce(sum((counts ->> 'membershipsRemoved')::int), 0)
                               from sync_run_batch where run_id = r.id)) as counts
      from sync_run r cross join lateral (
        select count(*) filter (where kind = 'created') as created, count(*) filter (where kind = 'updated') as updated,
               count(*) filter (where kind = 'reactivated') as reactivated,
               count(*) filter (where kind = 'removed') as deactivated
        from object_change where run_id = r.id and connection_id = r.connection_id) c
      where r.id = ${runId}`,
  );
  const { staged = 0, rejected = 0 } = row ?? {};
  const counts: Record<string, number> = { ...row?.counts, ...row?.ledger };
  const changed = (counts.created ?? 0) + (counts.updated ?? 0) + (counts.reactivated ?? 0);
  return JSON.stringify({
    ...counts,
    read: staged + rejected,
    errors: rejected,
    // A run that stopped on the way has not compared all that it read.
    unchanged: compared ? Math.max(0, staged - changed) : 0,
  });
}

async function closeSteps(client: pg.PoolClient, runId: string, outcome: RunOutcome): Promise<void> {
  const failed = outcome.status === 'failed';
  await run(
    client,
    sql`
      update sync_run_step set
        finished_at = case when started_at is null then null else coalesce(finished_at, clock_timestamp()) end,
        error_code = case when status in ('running', 'retrying') and ${failed} then ${failed ? outcome.code : null} else error_code end,
        error_message = case when status in ('running', 'retrying') and ${failed} then ${failed ? outcome.message : null} else error_message end,
        -- A step in which the run paused is pending again.
        status = case when status = 'pending' and started_at is null then 'skipped'
                      when status in ('pending', 'running', 'retrying') then ${outcome.status}
                      else status end
      where run_id = ${runId}`,
  );
}
