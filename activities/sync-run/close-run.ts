// Ends, pauses or resumes a run in its record; tried until the database takes it.
import { finishRun, type RunOutcome } from '../../database/queries/sync/finish-run.ts';
import {
  type PauseReason,
  pauseRun as pauseInRecord,
  resumeRun as resume,
} from '../../database/queries/sync/pause-run.ts';
import { settleTables } from '../../database/queries/sync/settle-tables.ts';
import { dropStaging } from '../../database/queries/sync/staging.ts';
import { endEarlierSessions } from '../../database/run-fence.ts';
import { causeOf, toFailure } from '../activity-failure.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { withHeartbeat } from '../heartbeat.ts';

/** Closes the record, whatever attempt of the run is still suspended in the middle of a transaction. */
export async function closeRun(
  deps: ActivityDependencies,
  input: { runId: string; outcome: RunOutcome },
): Promise<void> {
  const { runId, outcome } = input;
  const { pool } = deps.database;
  await guarded(deps, runId, async () => {
    await endEarlierSessions(pool, { runId, epoch: Number.MAX_SAFE_INTEGER });
    if (await finishRun(pool, runId, outcome)) deps.logger.info({ runId, ...outcome }, 'run over');
    await dropStaging(pool, runId);
  });
}

/** Tidies the tables after a run; tried once, since nothing depends on it. */
export async function settleAfterRun(deps: ActivityDependencies, runId: string): Promise<void> {
  await withHeartbeat(() => settleTables(deps.database.pool, runId)).catch((error: unknown) => {
    deps.logger.warn({ err: error, runId }, 'the tables were not tidied after the run; autovacuum will');
  });
}

/**
 * The run waits for a person; what an attempt of it still has open is ended, so that it holds nothing meanwhile.
 * Answers with the number of the pause, null where the run is over.
 */
export function pauseRun(
  deps: ActivityDependencies,
  { runId, reason }: { runId: string; reason: PauseReason },
): Promise<number | null> {
  const { pool } = deps.database;
  return guarded(deps, runId, async () => {
    const pause = await pauseInRecord(pool, runId, reason);
    await endEarlierSessions(pool, { runId, epoch: Number.MAX_SAFE_INTEGER });
    deps.logger.info({ runId, reason }, 'run paused');
    return pause;
  });
}

/** A person let the run go on; at the delete threshold, that approves what was listed. */
export function resumeRun(deps: ActivityDependencies, runId: string): Promise<void> {
  return guarded(deps, runId, () => resume(deps.database.pool, runId));
}

async function guarded<T>(deps: ActivityDependencies, runId: string, work: () => Promise<T>): Promise<T> {
  try {
    return await withHeartbeat(work);
  } catch (error) {
    deps.logger.warn({ err: error, runId }, 'the record of a run could not be written');
    throw toFailure(causeOf(error), false);
  }
}
