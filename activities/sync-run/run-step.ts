// The frame around each step of a run: the fence, the heartbeat, the record of attempts, the failure.
import { Context } from '@temporalio/activity';
import { CancelledFailure } from '@temporalio/common';
import type { StepName } from '../../database/queries/sync/claim-run.ts';
import { type RunPlan, runPlan } from '../../database/queries/sync/run-plan.ts';
import { beginStep, failAttempt } from '../../database/queries/sync/run-steps.ts';
import { fencedTransaction, type RunFence, takeOver } from '../../database/run-fence.ts';
import { AppError } from '../../domain/app-error.ts';
import { epochOf } from '../../domain/run-epoch.ts';
import { causeOf, isCancellation, toFailure } from '../activity-failure.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { withHeartbeat } from '../heartbeat.ts';
import { untilAborted } from './until-aborted.ts';

/**
 * Attempts of a step that are lost in a row before the run fails. Restarts of workers and machines come nowhere near
 * it, and each costs a heartbeat's time-out.
 */
const MOST_LOST = 30;

/** What the workflow hands to a step: ids and numbers, never rows. */
export interface StepInput {
  runId: string;
  /** Counts the steps of this run, repeated ones too: with the attempt it makes the fence. */
  ordinal: number;
  /** After how many failures of the source in a row the step is given up. */
  sourceAttempts: number;
}

export interface StepContext {
  deps: ActivityDependencies;
  plan: RunPlan;
  fence: RunFence;
  signal: AbortSignal;
  /** The step of the run's record that is being worked on: it carries attempts and errors. */
  step: StepName;
}

/**
 * Takes the run over, does `work`, and on failure notes what happened before it lets Temporal try again or fail.
 * @param names the run's steps that this activity begins with; the first one carries attempts and errors
 */
export function runStep<T>(
  deps: ActivityDependencies,
  input: StepInput,
  names: [StepName, ...StepName[]],
  work: (context: StepContext) => Promise<T>,
): Promise<T> {
  return withHeartbeat(() => attemptStep(deps, input, names, work));
}

async function attemptStep<T>(
  deps: ActivityDependencies,
  input: StepInput,
  names: [StepName, ...StepName[]],
  work: (context: StepContext) => Promise<T>,
): Promise<T> {
  const activity = Context.current();
  const signal = activity.cancellationSignal;
  const { attempt } = activity.info;
  const fence = { runId: input.runId, epoch: epochOf(input.ordinal, attempt) };
  const { pool } = deps.database;
  let context: StepContext | undefined;
  try {
    await takeOver(pool, fence);
    const plan = await runPlan(pool, input.runId);
    if (!plan)
      throw new AppError('not_found', 'The project or its connection was deleted while the run was waiting.');
    context = { deps, plan, fence, signal, step: names[0] };
    await begin(context, names);
    const begun = context;
    return await untilAborted(begun, () => work(begun));
  } catch (error) {
    if (isCancellation(error, signal)) {
      deps.logger.info({ runId: input.runId, step: names[0] }, 'step told to stop');
      throw new CancelledFailure('The run was cancelled.');
    }
    throw await noteFailure(deps, input, context?.step ?? names[0], fence, error);
  }
}

/** Goes on with the next step of the run in the same activity. */
export async function enterStep(context: StepContext, name: StepName): Promise<void> {
  context.step = name;
  await begin(context, [name]);
}

/** @throws AppError `worker_lost` when workers died of the step so often that the next one would, too. */
async function begin({ deps, fence }: StepContext, names: [StepName, ...StepName[]]): Promise<void> {
  const { attempt } = Context.current().info;
  const lost = await fencedTransaction(deps.database.pool, fence, (client) =>
    beginStep(client, fence.runId, names, attempt),
  );
  if (lost >= MOST_LOST)
    throw new AppError(
      'worker_lost',
      `Workers were lost ${lost} times in a row in step ${names[0]}, at the same place: they died, or hung. Look at their memory and their logs; a single entry may be larger than they have room for.`,
    );
}

async function noteFailure(
  deps: ActivityDependencies,
  input: StepInput,
  name: StepName,
  fence: RunFence,
  error: unknown,
): Promise<Error> {
  const cause = causeOf(error);
  const log = deps.logger.child({ runId: input.runId, step: name });
  if (cause.code === 'internal_error') log.error({ err: error }, 'a step failed unexpectedly');
  else log.warn({ code: cause.code }, cause.message);
  const failures = await fencedTransaction(deps.database.pool, fence, (client) =>
    failAttempt(client, { runId: input.runId, name, ...cause }),
  ).catch(() => 0);
  return toFailure(cause, cause.bySource && failures >= input.sourceAttempts);
}
