// Ends or resumes a run in its record; tried until the database takes it.
import { finishRun, type RunOutcome } from '../../database/queries/sync/finish-run.ts';
import { resumeRun } from '../../database/queries/sync/pause-run.ts';
import { settleTables } from '../../database/queries/sync/settle-tables.ts';
import { dropStaging } from '../../database/queries/sync/staging.ts';
import { causeOf, toFailure } from '../activity-failure.ts';
import type { ActivityDependencies } from '../dependencies.ts';

export async function closeRun(
  deps: ActivityDependencies,
  input: { runId: string; outcome: RunOutcome },
): Promise<void> {
  await guarded(deps, input.runId, async () => {
    if (await finishRun(deps.database.pool, input.runId, input.outcome))
      deps.logger.info({ runId: input.runId, ...input.outcome }, 'run over');
    await dropStaging(deps.database.pool, input.runId);
    await settleTables(deps.database.pool, input.runId);
  });
}

/** A person approved the removals a paused run had listed. */
export async function approveRemovals(deps: ActivityDependencies, runId: string): Promise<void> {
  await guarded(deps, runId, () => resumeRun(deps.database.pool, runId));
}

async function guarded(deps: ActivityDependencies, runId: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    deps.logger.warn({ err: error, runId }, 'the record of a run could not be written');
    throw toFailure(causeOf(error), false);
  }
}
