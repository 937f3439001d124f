// Turns whatever stopped an activity into what may stand in a workflow's history: a code and a safe sentence.
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { Fenced } from '../database/run-fence.ts';
import { isDatabaseUnavailable } from '../database/unavailable.ts';
import { AppError } from '../domain/app-error.ts';
import { FENCED, STAGING_LOST, StagingLost } from '../domain/run-failure.ts';

/** SQLSTATE lock_not_available: what `lock_timeout` ends. */
const LOCK_NOT_AVAILABLE = '55P03';

/** What stopped an attempt, as a person may read it. */
export interface Cause {
  code: string;
  message: string;
  /** Whether trying again can help without anybody changing anything. */
  retryable: boolean;
  /** The source failed, not we: such attempts are counted and given up after a few. */
  bySource: boolean;
}

/** Classifies an error where it arose; nothing of an unknown error's text is passed on. */
export function causeOf(error: unknown): Cause {
  if (error instanceof AppError)
    return {
      code: error.code,
      message: error.message,
      retryable: error.retryable,
      bySource: error.code !== 'database_unavailable',
    };
  if (error instanceof StagingLost)
    return { code: STAGING_LOST, message: error.message, retryable: false, bySource: false };
  if (error instanceof Fenced)
    return { code: FENCED, message: error.message, retryable: false, bySource: false };
  if ((error as { code?: unknown } | null)?.code === LOCK_NOT_AVAILABLE)
    return {
      code: 'database_unavailable',
      message:
        'Another session of the database has held a lock for long that this step needs; the step goes on when it is free.',
      retryable: true,
      bySource: false,
    };
  if (isDatabaseUnavailable(error))
    return {
      code: 'database_unavailable',
      message: 'The database cannot be reached; the step goes on when it is back.',
      retryable: true,
      bySource: false,
    };
  return {
    code: 'internal_error',
    message: 'An unexpected error stopped the step; the log of the worker has the details.',
    retryable: true,
    bySource: true,
  };
}

/** The failure that Temporal records; it has no cause and no stack, which could hold anything. */
export function toFailure(cause: Cause, giveUp: boolean): ApplicationFailure {
  const failure = ApplicationFailure.create({
    message: cause.message,
    type: cause.code,
    nonRetryable: giveUp || !cause.retryable,
  });
  failure.stack = '';
  return failure;
}

/** Whether an error only says that the step was told to stop. */
export function isCancellation(error: unknown, signal: AbortSignal): boolean {
  return error instanceof CancelledFailure || (signal.aborted && !(error instanceof AppError));
}
