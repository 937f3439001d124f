// Formats of dates: patterns as Java's SimpleDateFormat has them, and the formats that dateFormat knows by name.
import { type DateField, dateField, instantOf, type ReadDate } from './date-fields.ts';
import { hasPrintableYear } from './iso-instant.ts';

export interface DateFormat {
  /** Milliseconds since 1970; null where the text is no date in this format. Text behind the date is ignored. */
  parse(text: string, now: number): number | null;
  print(instant: number): string;
}

const MAX_DIGITS = 9;
/** Between 1601, where Windows counts from, and 1970, in milliseconds. */
const WINDOWS_EPOCH = 11_644_473_600_000;
const TICKS = 10_000n;

const NAMED = new Map<string, () => DateFormat>([
  ['ISO8601', () => patterns("yyyy-MM-dd'T'HH:mm:ss.SSSX")],
  // Servers write fractions of seconds or none, and the zone as a letter or an offset.
  ['LDAP', () => ({ ...patterns("yyyyMMddHHmmss.'Z'"), parse: parseGeneralizedTime })],
  ['PEOPLE_SOFT', () => patterns('MM/dd/yyyy')],
  ['EPOCH_TIME_JAVA', () => ({ parse: parseMilliseconds, print: (instant) => String(instant) })],
  ['EPOCH_TIME_WIN32', () => ({ parse: parseTicks, print: printTicks })],
]);

/** A format by name or pattern, or in a sentence what is wrong with it. */
export function compileDateFormat(format: string): DateFormat | { problem: string } {
  const named = NAMED.get(format);
  return named === undefined ? compilePattern(format) : named();
}

function patterns(pattern: string): DateFormat {
  const compiled = compilePattern(pattern);
  if ('problem' in compiled) throw new Error(`${pattern} ${compiled.problem}`);
  return compiled;
}

function compilePattern(pattern: string): DateFormat | { problem: string } {
  if (pattern.split("'").length % 2 === 0) return { problem: 'has a quote that is not closed' };
  const parts: Parts = [];
  for (const [, quoted, letters, , other] of pattern.matchAll(
    /'((?:[^']|'')*)'?|(([A-Za-z])\3*)|([^A-Za-z']+)/g,
  )) {
    if (letters !== undefined) {
      const field = dateField(letters);
      if (field === null)
        return {
          problem: `has the letter '${letters[0]}', which is not served in dates; quote it ('…') if it is text`,
        };
      parts.push({ field, count: letters.length });
    } else
      parts.push(
        quoted === undefined ? (other as string) : quoted === '' ? "'" : quoted.replaceAll("''", "'"),
      );
  }
  if (!parts.some((part) => typeof part !== 'string')) return { problem: 'has no letters of a date' };
  return { parse: parser(parts), print: printer(parts) };
}

type Parts = (string | { field: DateField; count: number })[];

function printer(parts: Parts): (instant: number) => string {
  return (instant) => {
    const date = new Date(instant);
    let text = '';
    for (const part of parts) text += typeof part === 'string' ? part : part.field.print(date);
    return text;
  };
}

function parser(parts: Parts): (text: string, now: number) => number | null {
  const steps = parts.map((part, index) => {
    if (typeof part === 'string') return part;
    const next = parts[index + 1];
    const abuts = typeof next === 'object' && next.field.numeric;
    return { field: part.field, most: abuts ? part.count : MAX_DIGITS };
  });
  return (text, now) => {
    const into = nothingRead();
    let at = 0;
    for (const step of steps) {
      if (typeof step === 'string') {
        if (!text.startsWith(step, at)) return null;
        at += step.length;
      } else {
        at = step.field.read(text, at, step.most, into, now);
        if (at < 0) return null;
      }
    }
    return instantOf(into);
  };
}

function nothingRead(): ReadDate {
  return {
    year: 1970,
    month: 1,
    day: 1,
    dayOfYear: null,
    hour: 0,
    halfHour: null,
    afternoon: false,
    minute: 0,
    second: 0,
    millisecond: 0,
    offset: 0,
  };
}

const WHOLE_SECONDS = compilePattern('yyyyMMddHHmmssX') as DateFormat;

/** RFC 4517 section 3.3.13, with seconds. */
function parseGeneralizedTime(text: string, now: number): number | null {
  const found = /^(\d{14})(?:[.,](\d*))?(Z|[+-]\d{2}(?:\d{2})?)$/.exec(text);
  if (found === null) return null;
  const seconds = WHOLE_SECONDS.parse(`${found[1]}${found[3]}`, now);
  return seconds === null ? null : seconds + Number((found[2] ?? '').padEnd(3, '0').slice(0, 3));
}

function parseMilliseconds(text: string): number | null {
  return /^-?\d{1,15}$/.test(text) ? printable(Number(text)) : null;
}

// Ticks of today have 18 digits, more than a number keeps.
function parseTicks(text: string): number | null {
  return /^\d{1,19}$/.test(text) ? printable(Number(BigInt(text) / TICKS) - WINDOWS_EPOCH) : null;
}

function printTicks(instant: number): string {
  return String(BigInt(instant + WINDOWS_EPOCH) * TICKS);
}

function printable(instant: number): number | null {
  return hasPrintableYear(instant) ? instant : null;
}
