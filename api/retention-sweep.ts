// Clears away, every hour, what settings do not keep any longer and what nobody needs any more.
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { dropForsakenPartitions } from '../database/partitions.ts';
import { deleteExpiredTokens } from '../database/queries/access-tokens.ts';
import { deleteOldLoginFailures } from '../database/queries/login-failures.ts';
import { type ChangePosition, forgetChanges } from '../database/queries/retention/forget-changes.ts';
import { DRY_RUN_LISTS, dryRunsWithLists, forgetLists } from '../database/queries/retention/forget-lists.ts';
import { forgetRun, forgettableRuns } from '../database/queries/retention/forget-runs.ts';
import { dropForsakenStaging } from '../database/queries/retention/forsaken-staging.ts';
import type { Settings } from '../domain/settings.ts';
import { attempting, everySoOften, type Sweep, startSweep } from './sweep.ts';

const CLEAN_EVERY_MS = 3_600_000;
/** What failed is tried again after this. */
const SWEEP_EVERY_MS = 60_000;
/** Runs that are looked up at once. */
const RUNS_AT_ONCE = 100;

/** How many days things are kept; 0: for ever. */
export type KeptDays = Pick<
  Settings,
  | 'IDENTITY_CENTER_KEEP_CHANGES_DAYS'
  | 'IDENTITY_CENTER_KEEP_RUNS_DAYS'
  | 'IDENTITY_CENTER_KEEP_DRY_RUNS_DAYS'
>;

interface SweepDeps {
  pool: Pool;
  settings: KeptDays;
  logger: Logger;
}

/**
 * Sweeps at once and then every hour; never throws. Every API process does so: what one has taken is not there for the
 * others, and all of it goes in short transactions, so that nobody waits and a killed process leaves nothing half.
 */
export function startRetentionSweep(deps: SweepDeps): Sweep {
  const attempt = attempting(deps.logger);
  return startSweep(SWEEP_EVERY_MS, (stop) => {
    const tasks = tasksOf(deps, stop).map(({ what, work }) =>
      everySoOften(CLEAN_EVERY_MS, () => attempt(what, work)),
    );
    return async () => {
      for (const task of tasks) if (!stop.aborted) await task();
    };
  });
}

interface Task {
  what: string;
  work(): Promise<void>;
}

function tasksOf(deps: SweepDeps, stop: AbortSignal): Task[] {
  const { pool } = deps;
  return [
    { what: 'dropping the tables of deleted connections', work: () => dropForsakenPartitions(pool) },
    { what: 'dropping what runs left behind', work: () => dropForsakenStaging(pool) },
    { what: 'clearing away expired tokens', work: () => deleteExpiredTokens(pool) },
    { what: 'clearing away old sign-in failures', work: () => deleteOldLoginFailures(pool) },
    { what: 'forgetting old dry runs', work: () => forgetOldDryRuns(deps, stop) },
    // In this order: a run goes when its changes are gone.
    { what: 'forgetting old changes', work: () => forgetOldChanges(deps, stop) },
    { what: 'forgetting old runs', work: () => forgetOldRuns(deps, stop) },
  ];
}

async function forgetOldChanges({ pool, settings, logger }: SweepDeps, stop: AbortSignal): Promise<void> {
  const days = settings.IDENTITY_CENTER_KEEP_CHANGES_DAYS;
  if (days === 0) return;
  let changes = 0;
  let position: ChangePosition | null = null;
  while (!stop.aborted) {
    const forgotten = await forgetChanges(pool, days, position);
    changes += forgotten.count;
    position = forgotten.position;
    if (forgotten.done) break;
  }
  if (changes > 0) logger.info({ changes, days }, 'old changes forgotten');
}

async function forgetOldRuns({ pool, settings, logger }: SweepDeps, stop: AbortSignal): Promise<void> {
  const days = settings.IDENTITY_CENTER_KEEP_RUNS_DAYS;
  if (days === 0) return;
  const runs = await eachRun(
    () => forgettableRuns(pool, days, RUNS_AT_ONCE),
    (runId) => forgetRun(pool, runId),
    stop,
  );
  if (runs > 0) logger.info({ runs, days }, 'old runs forgotten');
}

async function forgetOldDryRuns({ pool, settings, logger }: SweepDeps, stop: AbortSignal): Promise<void> {
  const days = settings.IDENTITY_CENTER_KEEP_DRY_RUNS_DAYS;
  if (days === 0) return;
  const runs = await eachRun(
    () => dryRunsWithLists(pool, days, RUNS_AT_ONCE),
    (runId) => forgetLists(pool, runId, DRY_RUN_LISTS),
    stop,
  );
  if (runs > 0) logger.info({ runs, days }, 'lists of old dry runs forgotten');
}

/** Calls `forget` with each run until it says that nothing is left of it; answers with how many runs that were. */
async function eachRun(
  find: () => Promise<{ id: string }[]>,
  forget: (runId: string) => Promise<boolean>,
  stop: AbortSignal,
): Promise<number> {
  let count = 0;
  for (let found = await find(); found.length > 0 && !stop.aborted; found = await find())
    for (const { id } of found) {
      while (!stop.aborted && !(await forget(id)));
      count += 1;
    }
  return count;
}
