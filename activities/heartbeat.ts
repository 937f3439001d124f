// Tells Temporal that an activity is alive while it works, so that the task of a dead worker moves on soon.
import { Context } from '@temporalio/activity';

/** Answers to heartbeats tell of a pause or a cancel, so they are frequent whatever the time-out. */
const MOST_MS = 1_000;

/** Sends heartbeats from now until `work` ends, four in each heartbeat time-out at least. */
export async function withHeartbeat<T>(work: () => Promise<T>): Promise<T> {
  const activity = Context.current();
  const timeoutMs = activity.info.heartbeatTimeoutMs ?? 30_000;
  const timer = setInterval(() => activity.heartbeat(), Math.min(MOST_MS, Math.max(200, timeoutMs / 4)));
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
