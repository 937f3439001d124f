// dateCompare: one of two values, by which of two dates is earlier.
import { z } from 'zod';
import { operand } from './attribute-schemas.ts';
import { isNow, parseInstant } from './iso-instant.ts';
import { shown } from './transform-error.ts';
import {
  type TransformScope,
  type TransformSite,
  type TransformValue,
  valueTransform,
} from './transform-kind.ts';

const OPERATORS: Record<string, (first: number, second: number) => boolean> = {
  lt: (first, second) => first < second,
  lte: (first, second) => first <= second,
  gt: (first, second) => first > second,
  gte: (first, second) => first >= second,
};

const attributes = z.object({
  firstDate: operand,
  secondDate: operand,
  operator: z
    .string()
    .toLowerCase()
    .pipe(z.enum(['lt', 'lte', 'gt', 'gte'], { error: 'must be lt, lte, gt or gte' })),
  positiveCondition: operand,
  negativeCondition: operand,
});

export const dateCompare = valueTransform('dateCompare', attributes, 'children', (given, site) => {
  const first = dateOf(given.firstDate, 'firstDate', site);
  const second = dateOf(given.secondDate, 'secondDate', site);
  const holds = OPERATORS[given.operator] as (first: number, second: number) => boolean;
  const positive = site.operand(given.positiveCondition, 'positiveCondition');
  const negative = site.operand(given.negativeCondition, 'negativeCondition');
  return (scope, input) =>
    (holds(first(scope, input), second(scope, input)) ? positive : negative)(scope, input);
});

type DateOf = (scope: TransformScope, input: TransformValue) => number;

/** The keyword counts wherever it comes from: written here, or as what a nested transform gives. */
function dateOf(value: unknown, key: string, site: TransformSite): DateOf {
  const evaluate = site.operand(value, key, { knowsNow: true });
  if (
    typeof value === 'string' &&
    !value.includes('$') &&
    !value.includes('#') &&
    !isNow(value) &&
    parseInstant(value) === null
  )
    site.problem(key, `${shown(value)} is neither now nor a date in ISO 8601`);
  return (scope, input) => {
    const text = evaluate(scope, input);
    if (text !== null && isNow(text)) return scope.now;
    const instant = text === null ? null : parseInstant(text);
    if (instant !== null) return instant;
    return site.fail(`${key} is ${text === null ? 'null' : shown(text)}, not a date in ISO 8601`);
  };
}
