// usernameGenerator: the first of several patterns that gives a name which nobody else has.
import { z } from 'zod';
import { flag, operand, wholeNumber } from './attribute-schemas.ts';
import { NamesUnknown } from './name-book.ts';
import { storable } from './storable.ts';
import { type Evaluate, type TransformScope, type TransformValue, valueTransform } from './transform-kind.ts';
import { compileVariables } from './variables.ts';

const OWN = ['patterns', 'sourceCheck', 'cloudMaxSize', 'cloudMaxUniqueChecks', 'cloudRequired'];
const COUNTER = 'uniqueCounter';
const HAS_COUNTER = /\$!?\{?uniqueCounter\b/;
const COUNTER_LAST = /\$!?(?:\{uniqueCounter\}|uniqueCounter)$/;
const MOST_CHECKS = 50;
/** Further names that are asked for along with one that is not known, so that few look-ups serve a batch. */
const AHEAD = 8;

const attributes = z
  .object({
    patterns: z.array(z.string().min(1)).min(1, 'must have a pattern'),
    sourceCheck: flag.default(false),
    cloudMaxSize: wholeNumber(1, 1_000).default(100),
    cloudMaxUniqueChecks: wholeNumber(1, MOST_CHECKS).default(MOST_CHECKS),
    cloudRequired: flag.default(true),
  })
  .catchall(operand);

export const usernameGenerator = valueTransform(
  'usernameGenerator',
  attributes,
  'children',
  (given, site) => {
    site.needs('names');
    const counted = given.patterns.findIndex((pattern) => HAS_COUNTER.test(pattern));
    if (counted >= 0 && counted < given.patterns.length - 1)
      site.problem(
        `patterns[${counted}]`,
        `has $${COUNTER}, so it has to be the last: none behind it is ever tried`,
      );
    const values = new Map<string, TransformValue>();
    const variables = new Map<string, Evaluate>([[COUNTER, () => values.get(COUNTER) ?? '']]);
    const computed = compileVariables(given, OWN, site);
    // A variable is computed once a person, not once an attempt.
    for (const [name, evaluate] of computed) variables.set(name, remembered(name, evaluate, values));
    const patterns = given.patterns.map((pattern, index) => ({
      render: site.operand(pattern, `patterns[${index}]`, { variables }),
      attempts: index === counted ? Number.POSITIVE_INFINITY : 1,
      counterLast: COUNTER_LAST.test(pattern),
    }));
    const shortened = (name: string, counter: string) =>
      name.length <= given.cloudMaxSize
        ? name
        : name.slice(0, name.length - counter.length).slice(0, given.cloudMaxSize - counter.length) + counter;
    const candidate: Candidate = ({ render, counterLast }, attempt, scope, input) => {
      const counter = attempt === 0 ? '' : String(attempt);
      values.set(COUNTER, counter);
      return storable(shortened(render(scope, input) as string, counterLast ? counter : ''));
    };
    return (scope, input) => {
      values.clear();
      const name = firstFree(attempts(patterns, given.cloudMaxUniqueChecks), candidate, scope, input);
      return (
        name ?? site.fail(`no name was free among the first ${given.cloudMaxUniqueChecks} of the patterns`)
      );
    };
  },
);

interface Pattern {
  render: Evaluate;
  attempts: number;
  counterLast: boolean;
}

interface Attempt {
  pattern: Pattern;
  /** 0 without a counter, then 1, 2, 3. */
  number: number;
}

type Candidate = (pattern: Pattern, attempt: number, scope: TransformScope, input: TransformValue) => string;

/** What is tried, in order: each pattern once, the one with a counter as often as checks are left. */
function attempts(patterns: readonly Pattern[], checks: number): Attempt[] {
  const all: Attempt[] = [];
  for (const pattern of patterns)
    for (let number = 0; number < pattern.attempts && all.length < checks; number += 1)
      all.push({ pattern, number });
  return all;
}

function firstFree(
  all: readonly Attempt[],
  candidate: Candidate,
  scope: TransformScope,
  input: TransformValue,
): string | null {
  for (const [index, { pattern, number }] of all.entries()) {
    const name = candidate(pattern, number, scope, input);
    if (name === '') continue;
    try {
      if (!scope.names.isFree(name, scope.personId)) continue;
    } catch (error) {
      if (error instanceof NamesUnknown)
        for (const next of all.slice(index, index + AHEAD))
          scope.names.ask(candidate(next.pattern, next.number, scope, input));
      throw error;
    }
    scope.names.claim(name, scope.personId);
    return name;
  }
  return null;
}

function remembered(name: string, evaluate: Evaluate, values: Map<string, TransformValue>): Evaluate {
  return (scope, input) => {
    const known = values.get(name);
    if (known !== undefined) return known;
    const value = evaluate(scope, input);
    values.set(name, value);
    return value;
  };
}
