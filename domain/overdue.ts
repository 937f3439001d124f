// When a project has gone longer without a completed run than its schedule promises.
import { type CronSchedule, nextRunAfter } from './schedule.ts';

/** A run that takes minutes is no failure of a schedule that comes round every minute. */
const LEAST_PATIENCE_MS = 600_000;

/**
 * Since when the project is late, null while it is not. It is late when the time after the one that was due has come
 * and nothing has completed: a whole turn was missed.
 * @param since the last completed run, or the moment at which the schedule was set, if that was later
 */
export function overdueSince(schedule: CronSchedule, since: Date, now: Date): Date | null {
  const due = nextRunAfter(schedule, since);
  if (!due) return null;
  const following = nextRunAfter(schedule, due) ?? due;
  const late = Math.max(following.getTime(), due.getTime() + LEAST_PATIENCE_MS);
  return late <= now.getTime() ? new Date(late) : null;
}
