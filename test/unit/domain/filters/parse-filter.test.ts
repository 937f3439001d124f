// The grammar of `filters`: precedence, quoting, errors with their place; printed trees parse to themselves.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FilterError } from '../../../../domain/filters/filter-error.ts';
import type { Filter } from '../../../../domain/filters/filter-tree.ts';
import { DEEPEST_FILTER, LONGEST_FILTER, parseFilter } from '../../../../domain/filters/parse-filter.ts';
import { printFilter } from '../../../../domain/filters/print-filter.ts';
import { anyFilter, nearlyFilters } from '../../../support/filter-arbitraries.ts';

/** The tree with all places 0: two texts of one meaning differ in them. */
function withoutPlaces(filter: Filter): Filter {
  if (filter.kind === 'not') return { ...filter, part: withoutPlaces(filter.part) };
  if (filter.kind !== 'test') return { ...filter, parts: filter.parts.map(withoutPlaces) };
  const values = filter.values.map((value) => ({ ...value, at: 0 }));
  return { ...filter, values, at: 0, operatorAt: 0 };
}

/** The expression with parentheses around everything that holds together. */
function shown(filter: Filter): string {
  if (filter.kind === 'not') return `(not ${shown(filter.part)})`;
  if (filter.kind === 'test') return `(${printFilter(filter)})`;
  return `(${filter.parts.map(shown).join(` ${filter.kind} `)})`;
}

function failure(text: string): FilterError {
  try {
    parseFilter(text);
  } catch (error) {
    expect(error).toBeInstanceOf(FilterError);
    return error as FilterError;
  }
  throw new Error(`this parses: ${text}`);
}

describe('parseFilter', () => {
  it.each([
    // The vendor's own examples of precedence.
    [
      'not prop1 eq val1 or prop2 eq val2 and prop3 eq val3',
      '((not (prop1 eq val1)) or ((prop2 eq val2) and (prop3 eq val3)))',
    ],
    [
      'not (prop1 eq val1 or prop2 eq val2) and prop3 eq val3',
      '((not ((prop1 eq val1) or (prop2 eq val2))) and (prop3 eq val3))',
    ],
    ['a eq 1 and b eq 2 and c eq 3', '((a eq 1) and (b eq 2) and (c eq 3))'],
    ['a eq 1 or b eq 2 or c eq 3', '((a eq 1) or (b eq 2) or (c eq 3))'],
    ['(a eq 1 or b eq 2) or c eq 3', '(((a eq 1) or (b eq 2)) or (c eq 3))'],
    ['(a eq 1)and(b eq 2)', '((a eq 1) and (b eq 2))'],
    ['not(a eq 1)or(b isnull)', '((not (a eq 1)) or (b isnull))'],
    ['not not a eq 1', '(not (not (a eq 1)))'],
    ['((a eq 1))', '(a eq 1)'],
    ['name sw"a"', '(name sw "a")'],
    ['name sw "a"and name sw "b"', '((name sw "a") and (name sw "b"))'],
    ['groups ca ("Venezia","Firenze")', '(groups ca ("Venezia", "Firenze"))'],
    ['id in(a , "b")', '(id in (a, "b"))'],
    ['pr accountRequestInfo', '(pr accountRequestInfo)'],
    ['lastUsed isnull', '(lastUsed isnull)'],
    [
      'identitySummary.id eq "2c9180846e85e4b8016eafeba20c1314"',
      '(identitySummary.id eq "2c9180846e85e4b8016eafeba20c1314")',
    ],
    ['created gt 2018-12-18T23:05:55Z', '(created gt 2018-12-18T23:05:55Z)'],
    ['name eq "\\"Employees\\""', '(name eq "\\"Employees\\"")'],
    ['name eq "a\\\\b"', '(name eq "a\\\\b")'],
    ['email eq walter.white@example.com', '(email eq walter.white@example.com)'],
    ["name eq O'Brien", "(name eq O'Brien)"],
    ['\tname\neq\r"x" ', '(name eq "x")'],
    ['eq eq eq', '(eq eq eq)'],
    ['android eq 1 or order eq 2 or nothing eq 3', '((android eq 1) or (order eq 2) or (nothing eq 3))'],
    ['name eq ""', '(name eq "")'],
    ['name eq "and"', '(name eq "and")'],
  ])('reads %s', (text, tree) => {
    expect(shown(parseFilter(text))).toBe(tree);
  });

  it('takes escapes away and keeps whether there were quotes', () => {
    expect(parseFilter('name in ("a\\"\\\\b", true, "true")')).toMatchObject({
      values: [
        { text: 'a"\\b', quoted: true, at: 9 },
        { text: 'true', quoted: false, at: 19 },
        { text: 'true', quoted: true, at: 25 },
      ],
    });
  });

  it.each([
    ['', 0, 'the expression ends; a field, not, pr or ( was expected'],
    ['  ', 2, 'the expression ends'],
    ['name', 4, 'the expression ends; an operator was expected: eq, ne'],
    ['name eq', 7, 'the expression ends; a value was expected'],
    ['name EQ "a"', 5, 'operators are in lower case: eq'],
    ['name eq "a" AND name eq "b"', 12, 'operators are in lower case: and'],
    ['NOT name eq "a"', 4, "'name' is not possible here; an operator was expected"],
    ['name like "a"', 5, "'like' is not possible here; an operator was expected"],
    ['name eq "a', 8, 'this string does not end'],
    ['name eq "a\\"', 8, 'this string does not end'],
    ['name eq "a\\nb"', 10, '\\n means nothing in a string'],
    ["name eq 'a'", 8, 'strings are in double quotes'],
    ['name sw a', 8, "sw takes a string in double quotes, not 'a'"],
    ['name co 5', 8, 'co takes a string in double quotes'],
    ['id in "a"', 6, 'in takes values in parentheses: in ("a", "b")'],
    ['id in ()', 7, "')' is not possible here; a value was expected"],
    ['id in ("a" "b")', 11, ', or ) was expected'],
    ['id in ("a",)', 11, 'a value was expected'],
    ['id in ("a"', 10, 'the expression ends; , or ) was expected'],
    ['(name eq "a"', 12, 'the expression ends; and, or, or ) was expected'],
    ['name eq "a")', 11, 'no ( is open here'],
    ['name eq "a" name eq "b"', 12, 'and, or, or the end was expected'],
    ['name eq "a" and', 15, 'a field, not, pr or ( was expected'],
    ['name eq and', 8, 'a value was expected, not and; as a value it is in quotes'],
    ['and name eq "a"', 0, "'and' is not possible here"],
    ['"name" eq "a"', 0, "'name' is not possible here"],
    ['na$me eq "a"', 0, "'na$me' is not possible here"],
    ['.name eq "a"', 0, 'a field, not, pr or ( was expected'],
    ['a..b eq "a"', 0, 'a field, not, pr or ( was expected'],
    ['pr', 2, 'a field was expected'],
    ['name eq "\u0000"', 9, 'U+0000'],
    ['name eq "\ud83d"', 9, 'surrogate'],
    ['name eq "😀\ude00"', 11, 'surrogate'],
  ])('refuses %j and says where and what', (text, position, message) => {
    const error = failure(text);
    expect(error.position).toBe(position);
    expect(error.message).toContain(`filters, at character ${position + 1}: `);
    expect(error.message).toContain(message);
    expect(error.details).toEqual([{ path: 'query.filters', message: expect.stringContaining(message) }]);
  });

  it('stops at a depth and a length, and not before', () => {
    const nested = (depth: number) => `${'('.repeat(depth)}a eq 1${')'.repeat(depth)}`;
    expect(() => parseFilter(nested(DEEPEST_FILTER))).not.toThrow();
    expect(failure(nested(DEEPEST_FILTER + 1)).message).toContain('nests deeper than 50 levels');
    expect(failure('('.repeat(LONGEST_FILTER)).message).toContain('nests deeper');
    expect(failure('not '.repeat(4_000)).message).toContain('nests deeper');
    const long = `a eq "${'x'.repeat(LONGEST_FILTER - 7)}"`;
    expect(long).toHaveLength(LONGEST_FILTER);
    expect(() => parseFilter(long)).not.toThrow();
    expect(failure(`${long} `).message).toContain('has more than 16384 characters');
    const many = Array.from({ length: 1_300 }, () => 'a eq "1"').join(' or ');
    expect(parseFilter(many)).toMatchObject({ kind: 'or' });
  });

  it('parses every printed tree to the same tree', () => {
    fc.assert(
      fc.property(anyFilter, (filter) => {
        expect(withoutPlaces(parseFilter(printFilter(filter)))).toEqual(filter);
      }),
      { numRuns: 2_000 },
    );
  });

  it('throws nothing but FilterError, with a place in the text, for any text', () => {
    fc.assert(
      fc.property(nearlyFilters, (text) => {
        try {
          expect(withoutPlaces(parseFilter(printFilter(parseFilter(text))))).toEqual(
            withoutPlaces(parseFilter(text)),
          );
        } catch (error) {
          expect(error).toBeInstanceOf(FilterError);
          const { position } = error as FilterError;
          expect(position >= 0 && position <= text.length).toBe(true);
        }
      }),
      { numRuns: 5_000 },
    );
  });
});
