// substring and getEndOfString: a part of a text, by positions.
import { z } from 'zod';
import { wholeNumber } from './attribute-schemas.ts';
import { shown } from './transform-error.ts';
import { type Evaluate, type TransformScope, type TransformSite, textTransform } from './transform-kind.ts';

const MOST = 1_000_000;
const offset = wholeNumber(-MOST, MOST).default(0);
/** A number, or a transform that gives one, as indexOf does. */
const position = z.union([wholeNumber(-1, MOST), z.looseObject({ type: z.string() })], {
  error: 'must be a whole number, or a transform that gives one',
});

const attributes = z.object({
  begin: position,
  beginOffset: offset,
  end: position.optional(),
  endOffset: offset,
});

export const substring = textTransform('substring', attributes, (given, site) => {
  const begin = positionOf(given.begin, 'begin', site);
  const end = given.end === undefined ? () => -1 : positionOf(given.end, 'end', site);
  return (text, scope) => {
    const [first, last] = [begin(scope, text), end(scope, text)];
    const from = first === -1 ? 0 : first + given.beginOffset;
    const to = last === -1 ? text.length : last + given.endOffset;
    if (from < 0 || to > text.length || from > to)
      return site.fail(`begin ${from}, end ${to}, but the text ${shown(text)} has ${text.length} characters`);
    return text.slice(from, to);
  };
});

type Position = (scope: TransformScope, text: string) => number;

function positionOf(value: number | { type: string }, key: string, site: TransformSite): Position {
  if (typeof value === 'number') return () => value;
  const evaluate: Evaluate = site.operand(value, key);
  return (scope, text) => {
    const found = evaluate(scope, text);
    if (found !== null && /^-?\d{1,7}$/.test(found)) return Number(found);
    return site.fail(`${key} is ${found === null ? 'null' : shown(found)}, not a whole number`);
  };
}

export const getEndOfString = textTransform(
  'getEndOfString',
  z.object({ numChars: wholeNumber(0, MOST), name: z.string().optional(), operation: z.string().optional() }),
  ({ numChars }) =>
    (text) =>
      numChars > text.length ? null : text.slice(text.length - numChars),
);
