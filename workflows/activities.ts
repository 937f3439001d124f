// The activities as workflows call them: their time-outs and how they are tried again.
import { type ActivityInterfaceFor, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { SyncTimings } from './messages.ts';

/** The longest that any one attempt of a step may take: a directory of millions that answers slowly. */
const LONGEST_STEP = '24 hours';

function retry(timings: SyncTimings) {
  return {
    initialInterval: timings.retryInitialMs,
    maximumInterval: timings.retryMaximumMs,
    backoffCoefficient: 2,
  };
}

/** A step of a run: watched by its heartbeat. How often a failing source is tried, the step itself counts. */
export function stepActivities(timings: SyncTimings, summary: string): ActivityInterfaceFor<Activities> {
  return proxyActivities<Activities>({
    startToCloseTimeout: LONGEST_STEP,
    heartbeatTimeout: timings.heartbeatTimeoutMs,
    retry: retry(timings),
    cancellationType: 'WAIT_CANCELLATION_COMPLETED',
    summary,
  });
}

/** Short statements on the database, tried until it answers. */
export function patientActivities(timings: SyncTimings): ActivityInterfaceFor<Activities> {
  return proxyActivities<Activities>({
    startToCloseTimeout: '10 minutes',
    heartbeatTimeout: timings.heartbeatTimeoutMs,
    retry: retry(timings),
    summary: "Keep the run's record",
  });
}

/** What makes the next run faster and matters to nobody who waits: tried once. */
export function housekeeping(timings: SyncTimings): ActivityInterfaceFor<Activities> {
  return proxyActivities<Activities>({
    startToCloseTimeout: '10 minutes',
    scheduleToStartTimeout: '1 minute',
    heartbeatTimeout: timings.heartbeatTimeoutMs,
    retry: { maximumAttempts: 1 },
    summary: 'Tidy the tables',
  });
}
