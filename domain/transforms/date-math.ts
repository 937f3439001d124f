// dateMath: a date moved and rounded by an expression such as `now+1w/d`.
import { z } from 'zod';
import { flag } from './attribute-schemas.ts';
import { compileDateFormat, type DateFormat } from './date-pattern.ts';
import { hasPrintableYear, parseInstant } from './iso-instant.ts';
import { MAX_EXPRESSION } from './limits.ts';
import { shown } from './transform-error.ts';
import { valueTransform } from './transform-kind.ts';

const EXPRESSION = /^(now)?((?:[+-]\d{1,6}[yMwdhms]|\/[yMdhms])*)$/;
const OPERATION = /([+-]\d+|\/)([yMwdhms])/g;
const FORMAT = compileDateFormat("yyyy-MM-dd'T'HH:mm'Z'") as DateFormat;
const LENGTHS: Record<string, number> = { w: 604_800_000, d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000 };

type Operation = (instant: number) => number;

const attributes = z.object({ expression: z.string().max(MAX_EXPRESSION), roundUp: flag.default(false) });

export const dateMath = valueTransform(
  'dateMath',
  attributes,
  ({ expression }) => (isOfNow(expression) ? 'none' : 'children'),
  ({ expression, roundUp }, site) => {
    const found = EXPRESSION.exec(expression.trim());
    if (found === null || expression.trim() === '') {
      site.problem(
        'expression',
        `'${expression}' is not of the form now, now+1w, now-5d/d, +3M/h; weeks cannot be rounded to`,
      );
      return null;
    }
    const ofNow = isOfNow(expression);
    if (ofNow) site.needs('time');
    else if (!site.hasInput)
      site.problem('input', 'is missing; an expression that starts with now needs none');
    const operations = operationsOf(found[2] as string, roundUp);
    return (scope, input) => {
      if (!ofNow && input === null) return null;
      const start = ofNow ? scope.now : parseInstant(input as string);
      if (start === null) return site.fail(`the input ${shown(input as string)} is no date in ISO 8601`);
      const instant = operations.reduce((before, operation) => operation(before), start);
      return hasPrintableYear(instant) ? FORMAT.print(instant) : site.fail('the date is out of range');
    };
  },
);

function isOfNow(expression: string): boolean {
  return expression.trim().startsWith('now');
}

function operationsOf(expression: string, roundUp: boolean): Operation[] {
  return [...expression.matchAll(OPERATION)].map(([, amount, unit]) => {
    if (amount !== '/') return (instant) => moved(instant, Number(amount), unit as string);
    // Rounding up truncates and adds one unit, also where nothing was cut off.
    return (instant) => moved(truncated(instant, unit as string), roundUp ? 1 : 0, unit as string);
  });
}

function moved(instant: number, amount: number, unit: string): number {
  const length = LENGTHS[unit];
  if (length !== undefined) return instant + amount * length;
  const date = new Date(instant);
  const day = date.getUTCDate();
  date.setUTCDate(1);
  if (unit === 'y') date.setUTCFullYear(date.getUTCFullYear() + amount);
  else date.setUTCMonth(date.getUTCMonth() + amount);
  // January 31 and a month is the last day of February.
  const last = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  return date.setUTCDate(Math.min(day, last));
}

function truncated(instant: number, unit: string): number {
  const length = LENGTHS[unit];
  if (length !== undefined) return Math.floor(instant / length) * length;
  const date = new Date(instant);
  date.setUTCHours(0, 0, 0, 0);
  date.setUTCDate(1);
  return unit === 'y' ? date.setUTCMonth(0) : date.getTime();
}
