// Random `filters` trees for property tests.
import fc from 'fast-check';
import {
  COMPARISONS,
  type Filter,
  OPERATORS,
  RESERVED,
  type Test,
  type Value,
} from '../../domain/filters/filter-tree.ts';

const NO_PLACE = { at: 0, operatorAt: 0 };

/** Text with everything that means something to the grammar, to LIKE, and to folding. */
export const awkwardText = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'aAbB1 ,()"\\\'%_-.äÄßΣσ山😀\n'), maxLength: 8 }),
  fc.string({ unit: 'grapheme', maxLength: 8 }).map((text) => text.replaceAll('\u0000', '').toWellFormed()),
);

const word = fc
  .string({ unit: fc.constantFrom(...'aAzZ09_-'), maxLength: 6 })
  .map((rest) => `f${rest}`)
  .filter((text) => !RESERVED.includes(text));
const path = fc
  .array(word, { minLength: 1, maxLength: 3 })
  .map((parts) => parts.join('.'))
  .filter((text) => text !== 'pr');

const quotedValue = awkwardText.map((text): Value => ({ text, quoted: true, at: 0 }));
const bareValue = fc
  .oneof(
    fc.constantFrom('true', 'false', '5', '-1.5', '2018-12-18T23:05:55Z', 'ACTIVE', 'not.x'),
    fc.string({ unit: fc.constantFrom(...'aA0-.@\\%äß山'), minLength: 1, maxLength: 8 }),
  )
  .map((text): Value => ({ text, quoted: false, at: 0 }));
const value = fc.oneof(quotedValue, bareValue);

function valuesFor(operator: Test['operator']): fc.Arbitrary<Value[]> {
  if (operator === 'isnull' || operator === 'pr') return fc.constant([]);
  if (operator === 'in' || operator === 'ca') return fc.array(value, { minLength: 1, maxLength: 4 });
  const one = operator === 'co' || operator === 'sw' ? quotedValue : value;
  return one.map((only) => [only]);
}

const test = fc
  .tuple(path, fc.constantFrom(...OPERATORS))
  .chain(([name, operator]) =>
    valuesFor(operator).map((values): Test => ({ kind: 'test', path: name, operator, values, ...NO_PLACE })),
  );

/** Trees over the tests that `leaf` makes. */
export function treesOf<Leaf>(leaf: fc.Arbitrary<Leaf>) {
  type Tree = Leaf | { kind: 'and' | 'or'; parts: Tree[] } | { kind: 'not'; part: Tree };
  return fc.letrec<{ tree: Tree }>((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      leaf,
      fc.record({ kind: fc.constant('not' as const), part: tie('tree') }),
      fc.record({
        kind: fc.constantFrom('and' as const, 'or' as const),
        parts: fc.array(tie('tree'), { minLength: 2, maxLength: 4 }),
      }),
    ),
  })).tree;
}

/** Any tree that the grammar can say, all places 0. */
export const anyFilter = treesOf<Test>(test) as fc.Arbitrary<Filter>;

/** Texts that are nearly expressions. */
export const nearlyFilters = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(
      fc.oneof(
        fc.constantFrom(
          '(',
          ')',
          ',',
          '"',
          '\\',
          ' ',
          'and',
          'or',
          'not',
          'pr',
          'isnull',
          'name',
          'id',
          '-',
          '.',
        ),
        fc.constantFrom(...COMPARISONS, 'EQ', '"a"', '5', 'true', "'", '\u0000', '\ud800', '\n'),
        fc.string({ unit: 'grapheme', maxLength: 3 }),
      ),
      { maxLength: 20 },
    )
    .chain((parts) => fc.constantFrom(parts.join(' '), parts.join(''))),
);
