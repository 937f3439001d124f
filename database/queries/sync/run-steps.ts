// Keeps the record of a run's steps: when they began, how often they were tried, what stopped them.
import { type Queryable, run, runOne, sql } from '../../sql.ts';
import type { StepName } from './claim-run.ts';

/** Notes that a step is being worked on, at which attempt. The time of the first attempt stays. */
export async function beginStep(
  on: Queryable,
  runId: string,
  names: StepName[],
  attempt: number,
): Promise<void> {
  await run(
    on,
    sql`
      update sync_run_step set
        status = 'running', attempt = ${attempt}, finished_at = null,
        started_at = coalesce(started_at, clock_timestamp())
      where run_id = ${runId} and name = any (${names}::text[])`,
  );
}

export async function finishStep(
  on: Queryable,
  runId: string,
  names: StepName[],
  status: 'completed' | 'skipped',
  counts: Record<string, number> = {},
): Promise<void> {
  await run(
    on,
    sql`
      update sync_run_step set
        status = ${status}, finished_at = clock_timestamp(), counts = ${JSON.stringify(counts)}::jsonb,
        source_failures = 0, error_code = null, error_message = null,
        started_at = case when ${status} = 'skipped' then started_at else coalesce(started_at, clock_timestamp()) end
      where run_id = ${runId} and name = any (${names}::text[])`,
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
