// The letters of Java's date patterns: what each prints, and what it reads. All in UTC, month and day names English.
import { type Clock, offsetMinutes, utc } from './iso-instant.ts';

/** What has been read of a date. */
export interface ReadDate {
  year: number;
  month: number;
  day: number;
  dayOfYear: number | null;
  hour: number;
  /** Hour of half a day, where the pattern has one. */
  halfHour: number | null;
  afternoon: boolean;
  minute: number;
  second: number;
  millisecond: number;
  offset: number;
}

/** A run of one letter in a pattern. */
export interface DateField {
  /** Whether it is written in digits, so that a run right behind another one has as many as it has letters. */
  numeric: boolean;
  print(date: Date): string;
  /** Reads at `at`, at most `most` digits; gives the place behind, or -1. */
  read(text: string, at: number, most: number, into: ReadDate, now: number): number;
}

const MONTHS = names({ month: 'long' }, 12, (index) => Date.UTC(2024, index, 1));
// January 7, 2024 was a Sunday.
const DAYS = names({ weekday: 'long' }, 7, (index) => Date.UTC(2024, 0, 7 + index));
const SHORT = 3;

/** The field of `letters` (`yyyy`), or null where the letter is not served. */
export function dateField(letters: string): DateField | null {
  const count = letters.length;
  const number = (
    print: (date: Date) => number,
    read: (into: ReadDate, value: number) => boolean,
  ): DateField => ({
    numeric: true,
    print: (date) => String(print(date)).padStart(count, '0'),
    read: (text, at, most, into) => readNumber(text, at, most, (value) => read(into, value)),
  });
  switch (letters[0]) {
    case 'y':
    case 'Y':
      return yearField(count);
    case 'M':
    case 'L':
      return count < 3 ? number((date) => date.getUTCMonth() + 1, set('month', 1, 12)) : monthName(count);
    case 'd':
      return number((date) => date.getUTCDate(), set('day', 1, 31));
    case 'D':
      return number(dayOfYear, set('dayOfYear', 1, 366));
    case 'E':
      return dayName(count);
    case 'u':
      return number(
        (date) => date.getUTCDay() || 7,
        (_into, value) => value >= 1 && value <= 7,
      );
    case 'H':
      return number((date) => date.getUTCHours(), set('hour', 0, 23));
    case 'k':
      return number(
        (date) => date.getUTCHours() || 24,
        (into, value) => set('hour', 0, 23)(into, value % 24),
      );
    case 'h':
      return number(
        (date) => date.getUTCHours() % 12 || 12,
        (into, value) => value > 0 && set('halfHour', 0, 11)(into, value % 12),
      );
    case 'K':
      return number((date) => date.getUTCHours() % 12, set('halfHour', 0, 11));
    case 'm':
      return number((date) => date.getUTCMinutes(), set('minute', 0, 59));
    case 's':
      return number((date) => date.getUTCSeconds(), set('second', 0, 59));
    case 'S':
      return number((date) => date.getUTCMilliseconds(), set('millisecond', 0, 999));
    case 'a':
      return halfOfDay();
    case 'z':
      return zoneField(() => 'GMT');
    case 'Z':
      return zoneField(() => '+0000');
    case 'X':
      return count > 3 ? null : zoneField(() => 'Z');
    default:
      return null;
  }
}

/** The instant that was read; null where the fields make no date. */
export function instantOf(read: ReadDate): number | null {
  const hour = read.halfHour === null ? read.hour : read.halfHour + (read.afternoon ? 12 : 0);
  const clock: Clock = [hour, read.minute, read.second, read.millisecond];
  const instant =
    read.dayOfYear === null
      ? utc(read.year, read.month, read.day, clock)
      : addDays(utc(read.year, 1, 1, clock), read.dayOfYear - 1, read.year);
  return instant === null ? null : instant - read.offset * 60_000;
}

function addDays(instant: number | null, days: number, year: number): number | null {
  const sum = (instant ?? Number.NaN) + days * 86_400_000;
  return new Date(sum).getUTCFullYear() === year ? sum : null;
}

function yearField(count: number): DateField {
  return {
    numeric: true,
    print: (date) => {
      const year = date.getUTCFullYear();
      return count === 2 ? String(year % 100).padStart(2, '0') : String(year).padStart(count, '0');
    },
    read: (text, at, most, into, now) => {
      const end = readNumber(text, at, most, (year) => set('year', 1, 9999)(into, year) || year === 0);
      // Two digits mean the year from 80 years ago to 20 years ahead, as in Java.
      if (count <= 2 && end === at + 2) into.year = nearYear(Number(text.slice(at, end)), now);
      return into.year === 0 ? -1 : end;
    },
  };
}

function nearYear(twoDigits: number, now: number): number {
  const present = new Date(now).getUTCFullYear();
  const year = Math.floor(present / 100) * 100 + twoDigits;
  if (year > present + 20) return year - 100;
  return year <= present - 80 ? year + 100 : year;
}

function monthName(count: number): DateField {
  return nameField(
    count,
    MONTHS,
    (date) => date.getUTCMonth(),
    (into, index) => {
      into.month = index + 1;
    },
  );
}

/** The day of the week adds nothing to a date; it is read past, as is its number. */
function dayName(count: number): DateField {
  return nameField(
    count,
    DAYS,
    (date) => date.getUTCDay(),
    () => {},
  );
}

function halfOfDay(): DateField {
  return nameField(
    4,
    ['AM', 'PM'],
    (date) => (date.getUTCHours() < 12 ? 0 : 1),
    (into, index) => {
      into.afternoon = index === 1;
    },
  );
}

function nameField(
  count: number,
  all: readonly string[],
  index: (date: Date) => number,
  set: (into: ReadDate, index: number) => void,
): DateField {
  return {
    numeric: false,
    print: (date) => {
      const name = all[index(date)] as string;
      return count > SHORT ? name : name.slice(0, SHORT);
    },
    read: (text, at, _most, into) => {
      const starts = (name: string) => text.slice(at, at + name.length).toLowerCase() === name.toLowerCase();
      for (const [position, name] of all.entries()) {
        const found = [name, name.slice(0, SHORT)].find(starts);
        if (found === undefined) continue;
        set(into, position);
        return at + found.length;
      }
      return -1;
    },
  };
}

function zoneField(print: () => string): DateField {
  const zone = /(?:UTC|GMT)?([+-]\d{2}(?::?\d{2})?)|UTC|GMT|Z/iy;
  return {
    numeric: false,
    print,
    read: (text, at, _most, into) => {
      zone.lastIndex = at;
      const found = zone.exec(text);
      if (found === null) return -1;
      into.offset = offsetMinutes(found[1] ?? 'Z');
      return zone.lastIndex;
    },
  };
}

type NumberKey =
  | 'year'
  | 'month'
  | 'day'
  | 'dayOfYear'
  | 'hour'
  | 'halfHour'
  | 'minute'
  | 'second'
  | 'millisecond';

function set(key: NumberKey, least: number, most: number): (into: ReadDate, value: number) => boolean {
  return (into, value) => {
    into[key] = value;
    return value >= least && value <= most;
  };
}

function readNumber(text: string, at: number, most: number, take: (value: number) => boolean): number {
  let begin = at;
  while (text[begin] === ' ') begin += 1;
  let end = begin;
  while (end < begin + most && (text[end] ?? '') >= '0' && (text[end] ?? '') <= '9') end += 1;
  return end > begin && take(Number(text.slice(begin, end))) ? end : -1;
}

function dayOfYear(date: Date): number {
  const first = new Date(date);
  first.setUTCMonth(0, 1);
  return Math.round((date.getTime() - first.getTime()) / 86_400_000) + 1;
}

function names(
  options: Intl.DateTimeFormatOptions,
  count: number,
  instant: (index: number) => number,
): string[] {
  const format = new Intl.DateTimeFormat('en-US', { ...options, timeZone: 'UTC' });
  return Array.from({ length: count }, (_, index) => format.format(instant(index)));
}
