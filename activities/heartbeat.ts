// Tells Temporal that an activity is alive while it works, so that the task of a dead worker moves on soon.
import { Context } from '@temporalio/activity';

/** Sends heartbeats from now until `work` ends, four in each heartbeat time-out. */
export async function withHeartbeat<T>(work: () => Promise<T>): Promise<T> {
  const activity = Context.current();
  const timeoutMs = activity.info.heartbeatTimeoutMs ?? 30_000;
  const timer = setInterval(() => activity.heartbeat(), Math.max(200, timeoutMs / 4));
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
