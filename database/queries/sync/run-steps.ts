// Keeps the record of a run's steps: when they began, how often they were tried, what stopped them.
import { type Queryable, run, runOne, sql } from '../../sql.ts';
import type { StepName } from './claim-run.ts';

/**
 * Notes that a step is being worked on, at which attempt. The time of the first attempt stays. Answers with how many
 * attempts at the first of the steps were lost in a row without the run getting further: they wrote down no end,
 * since their worker died, or hung for longer than its heartbeat may.
 */
export async function beginStep(
  on: Queryable,
  runId: string,
  names: readonly [StepName, ...StepName[]],
  attempt: number,
): Promise<number> {
  const rows = await run<{ name: string; lost: number }>(
    on,
    sql`
      update sync_run_step s set
        status = 'running', attempt = ${attempt}, finished_at = null,
        started_at = coalesce(s.started_at, clock_timestamp()),
        lost_attempts = case when s.status <> 'running' or ${attempt} = 1 then 0
                             when s.lost_at_percent = r.progress_percent then s.lost_attempts + 1
                             else 1 end,
        lost_at_percent = r.progress_percent
      from sync_run r
      where r.id = s.run_id and s.run_id = ${runId} and s.name = any (${[...names]}::text[])
      returning s.name, s.lost_attempts as lost`,
  );
  return rows.find(({ name }) => name === names[0])?.lost ?? 0;
}

/** @param counts left as they are where none are given */
export async function finishStep(
  on: Queryable,
  runId: string,
  names: StepName[],
  status: 'completed' | 'skipped',
  counts?: Record<string, number>,
): Promise<void> {
  await run(
    on,
    sql`
      update sync_run_step set
        status = ${status}, finished_at = clock_timestamp(), counts = coalesce(${counts ? JSON.stringify(counts) : null}::jsonb, counts),
        source_failures = 0, error_code = null, error_message = null,
        started_at = case when ${status} = 'skipped' then started_at else coalesce(started_at, clock_timestamp()) end
      where run_id = ${runId} and name = any (${names}::text[])`,
  );
}

/** Adds to what the step has counted, in the transaction that did it: an attempt that repeats it adds nothing. */
export async function countInStep(
  on: Queryable,
  runId: string,
  name: StepName,
  counts: Record<string, number>,
): Promise<void> {
  await run(
    on,
    sql`
      update sync_run_step s set counts = s.counts || (
        select jsonb_object_agg(key, value::int + coalesce((s.counts ->> key)::int, 0))
        from jsonb_each_text(${JSON.stringify(counts)}::jsonb))
      where run_id = ${runId} and name = ${name}`,
  );
}

/**
 * Notes what stopped an attempt, so that a retry is visible while it waits, and answers with how many attempts in
 * a row the source has failed.
 */
export async function failAttempt(
  on: Queryable,
  failure: { runId: string; name: StepName; code: string; message: string; bySource: boolean },
): Promise<number> {
  const row = await runOne<{ failures: number }>(
    on,
    sql`
      update sync_run_step set
        status = 'retrying', error_code = ${failure.code}, error_message = ${failure.message},
        source_failures = source_failures + ${failure.bySource ? 1 : 0}
      where run_id = ${failure.runId} and name = ${failure.name} and status in ('pending', 'running', 'retrying')
      returning source_failures as failures`,
  );
  return row?.failures ?? 0;
}
