// When a project's schedule comes round: checks what a person wrote, and computes times by the rules Temporal goes by.
import { Cron } from 'croner';

/** `cron` has five fields: minute, hour, day of month, month, day of week. `timeZone` is a name of the IANA database. */
export interface CronSchedule {
  cron: string;
  timeZone: string;
}

const NAMES = /\b(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|sun|mon|tue|wed|thu|fri|sat)\b/gi;
const DAY_MS = 86_400_000;
/** Clocks are changed by an hour or less, but for a zone that moves to the other side of the date line. */
const LONGEST_CHANGE_MS = 3 * 3_600_000;
/** Enough for every minute of some hours; what takes more, as a yearly time in a gap of clocks, comes round never. */
const MOST_TRIES = 1_000;

/** What is wrong with the schedule, by field; empty when nothing is. */
export function checkSchedule({ cron, timeZone }: CronSchedule): { path: string; message: string }[] {
  const wrong = [];
  const cronProblem = problemOfCron(cron);
  if (cronProblem) wrong.push({ path: 'cron', message: cronProblem });
  if (!zoneOf(timeZone))
    wrong.push({
      path: 'timeZone',
      message: `'${timeZone}' is no time zone of the IANA database; write it as Europe/Berlin or UTC`,
    });
  return wrong;
}

function problemOfCron(cron: string): string | undefined {
  const fields = fieldsOf(cron);
  if (fields.length !== 5)
    return `has ${fields.length} fields; it must have five: minute, hour, day of month, month, day of week`;
  // Croner knows more than Temporal does: L, W, #, ? and nicknames.
  if (!/^[\d*,/\s-]+$/.test(cron.replace(NAMES, '0')))
    return "may only have numbers, names of months and days of three letters, and '*', ',', '-' and '/'";
  try {
    const next = wallTimes(cron).nextRun(new Date());
    return next ? undefined : 'names a date that never comes';
  } catch (error) {
    return (error as Error).message.replace(/^CronPattern: /, '');
  }
}

/**
 * As Temporal takes it. Temporal wants day of month *and* day of week to match where both are given; cron means
 * either, so that such an expression becomes two.
 */
export function temporalSpec({ cron, timeZone }: CronSchedule): {
  cronExpressions: string[];
  timezone: string;
} {
  const [minute, hour, day, month, weekday] = fieldsOf(cron);
  const both = day !== '*' && weekday !== '*';
  const cronExpressions = both
    ? [`${minute} ${hour} ${day} ${month} *`, `${minute} ${hour} * ${month} ${weekday}`]
    : [fieldsOf(cron).join(' ')];
  // Go, which Temporal is written in, minds the case of a zone's name.
  return { cronExpressions, timezone: zoneOf(timeZone) ?? timeZone };
}

/**
 * The first time after `after`; null where there is none. A local time that a change of clocks leaves out is left
 * out. One that comes twice is taken as Temporal takes it (service/worker/scheduler/calendar.go): at its second
 * coming in most zones east of Greenwich, at both in those west of it.
 */
export function nextRunAfter(schedule: CronSchedule, after: Date): Date | null {
  const zone = zoneOf(schedule.timeZone);
  if (!zone) return null;
  const times = wallTimes(schedule.cron);
  const start = after.getTime();
  const wall = times.nextRun(new Date(start + offsetAt(zone, start)))?.getTime();
  if (wall === undefined) return null;
  const [instant] = instantsOf(zone, wall);
  if (instant !== undefined && isSteady(zone, start) && isSteady(zone, instant)) return new Date(instant);
  return nextNearClockChange(times, zone, start);
}

/** Looks at local times from before `after`, since those of a repeated hour come round again. */
function nextNearClockChange(times: Cron, zone: string, after: number): Date | null {
  let best: number | undefined;
  let wall = times.nextRun(new Date(after + offsetAt(zone, after) - LONGEST_CHANGE_MS))?.getTime();
  for (let tries = 0; wall !== undefined && tries < MOST_TRIES; tries += 1) {
    // Local times further on than this are later, however the clocks were changed.
    if (best !== undefined && wall > best + offsetAt(zone, best) + LONGEST_CHANGE_MS) break;
    for (const instant of instantsOf(zone, wall))
      if (instant > after && (best === undefined || instant < best)) best = instant;
    wall = times.nextRun(new Date(wall))?.getTime();
  }
  return best === undefined ? null : new Date(best);
}

/** The instants at which clocks in `zone` show `wall` (local time, written as if it were UTC) and Temporal acts. */
function instantsOf(zone: string, wall: number): number[] {
  const earlier = wall - offsetAt(zone, wall - DAY_MS);
  const later = wall - offsetAt(zone, wall + DAY_MS);
  const shown = [...new Set([earlier, later])].filter(
    (instant) => instant + offsetAt(zone, instant) === wall,
  );
  if (shown.length < 2) return shown;
  // Which of the two Go's time.Date gives: it tries the offset that holds at `wall` taken as UTC.
  const second = Math.max(earlier, later);
  return wall - offsetAt(zone, wall) === second ? [second] : shown;
}

/** Whether clocks are not changed within a day. */
function isSteady(zone: string, instant: number): boolean {
  return offsetAt(zone, instant - DAY_MS) === offsetAt(zone, instant + DAY_MS);
}

/** Local times, written as if they were UTC; what a change of clocks does to them is added by the callers. */
function wallTimes(cron: string): Cron {
  return new Cron(fieldsOf(cron).join(' '), { timezone: 'UTC', mode: '5-part', paused: true });
}

function fieldsOf(cron: string): string[] {
  return cron.trim().split(/\s+/);
}

const offsetFormats = new Map<string, Intl.DateTimeFormat>();

/** Milliseconds that clocks in `zone` are ahead of UTC. */
function offsetAt(zone: string, instant: number): number {
  const format =
    offsetFormats.get(zone) ??
    new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
  offsetFormats.set(zone, format);
  const text = format.formatToParts(instant).find(({ type }) => type === 'timeZoneName')?.value ?? '';
  const [, sign, hours, minutes] = /^GMT([+-])(\d\d):(\d\d)/.exec(text) ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60_000;
}

/** The zone's name as ICU writes it, undefined where there is none; offsets (`+01:00`) are no names. */
function zoneOf(timeZone: string): string | undefined {
  if (!/^[a-z]/i.test(timeZone)) return undefined;
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}
