// Instants in ISO 8601, as dateMath and dateCompare read and write them.

const INSTANT =
  /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|[+-]\d{2}(?::?\d{2})?)?)?$/;
const MINUTE = 60_000;

/** Milliseconds since 1970, or null for what is no instant. Without a time zone it is UTC, without a time midnight. */
export function parseInstant(text: string): number | null {
  const found = INSTANT.exec(text.trim());
  if (found === null) return null;
  const [year, month, day, hour, minute, second] = found
    .slice(1, 7)
    .map((part) => Number(part ?? 0)) as number[];
  const milliseconds = Number((found[7] ?? '').padEnd(3, '0').slice(0, 3));
  const instant = utc(
    year as number,
    month as number,
    day as number,
    [hour, minute, second, milliseconds] as Clock,
  );
  return instant === null ? null : instant - offsetMinutes(found[8] ?? 'Z') * MINUTE;
}

/** Whether it is the keyword for the present time. */
export function isNow(text: string): boolean {
  return text.trim() === 'now';
}

/** Hours, minutes, seconds, milliseconds. */
export type Clock = [number, number, number, number];

/** The instant in UTC, or null where a field is out of its range (February 30). */
export function utc(year: number, month: number, day: number, clock: Clock): number | null {
  if (clock[0] > 23 || clock[1] > 59 || clock[2] > 59) return null;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return null;
  return date.setUTCHours(...clock);
}

/** Minutes of `Z`, `+02`, `+0200` or `+02:00`. */
export function offsetMinutes(zone: string): number {
  if (zone === 'Z') return 0;
  const digits = zone.slice(1).replace(':', '').padEnd(4, '0');
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2));
  return zone.startsWith('-') ? -minutes : minutes;
}

/** Whether it has a year from 1 to 9999, which is all that four digits can say. */
export function hasPrintableYear(instant: number): boolean {
  return instant >= -62_135_596_800_000 && instant <= 253_402_300_799_999;
}
