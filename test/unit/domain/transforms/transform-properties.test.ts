// What holds for every definition and every value: only TransformError is thrown, sizes are bounded, models agree.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of Velocity look so.
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compileAccountFilter } from '../../../../domain/transforms/account-filter.ts';
import { checkTransform, compileTransform } from '../../../../domain/transforms/compile-transform.ts';
import { MAX_MATCHED, MAX_PROGRAM, MAX_VALUE } from '../../../../domain/transforms/limits.ts';
import { compileRegularExpression } from '../../../../domain/transforms/regular-expression.ts';
import { TransformError } from '../../../../domain/transforms/transform-error.ts';
import { TRANSFORM_TYPES } from '../../../../domain/transforms/transform-registry.ts';
import { account, answerNames, failure, transformed, transformScope } from '../../../support/transforms.ts';

const text = fc.string({ unit: 'binary', maxLength: 30 });
const template = fc
  .array(
    fc.constantFrom(
      '$a',
      '${b}',
      '#if($a)',
      '#{else}',
      '#end',
      '#set($c = 1)',
      '$c',
      ' eq ',
      '(',
      '$',
      '#',
      'x',
      '"',
      "'",
      '.length()',
      '\\',
      '[0]',
      '\n',
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''));
const pattern = fc
  .array(fc.constantFrom('a', '(', ')', '[', ']', '*', '+', '?', '|', '.', '^', '$', '\\d', '{2}', '(?:'), {
    maxLength: 8,
  })
  .map((parts) => parts.join(''));
const date = fc.oneof(
  fc.constantFrom('now', '2026-02-30', '2024-01-31T10:00Z', 'x'),
  fc.date({ noInvalidDate: true }).map((one) => one.toISOString()),
);

/** Any attribute of any transform, sometimes fit for it. */
const { transform } = fc.letrec<{ transform: unknown; value: unknown; attributes: Record<string, unknown> }>(
  (tie) => ({
    value: fc.oneof(
      { depthIdentifier: 'nesting', maxDepth: 3, withCrossShrink: true },
      text,
      template,
      date,
      fc.integer({ min: -3, max: 12 }),
      fc.boolean(),
      fc.constant(null),
      tie('transform'),
    ),
    attributes: fc.record(
      {
        input: tie('value'),
        value: template,
        values: fc.array(tie('value'), { maxLength: 3 }),
        table: fc.dictionary(pattern, fc.oneof(text, template), { maxKeys: 3 }),
        expression: fc.constantFrom('$a eq x', 'x eq x', 'now', '+1d/h', 'now/w', '-99999y'),
        positiveCondition: tie('value'),
        negativeCondition: tie('value'),
        firstDate: date,
        secondDate: tie('value'),
        operator: fc.constantFrom('lt', 'GTE', 'eq'),
        begin: fc.oneof(
          { depthIdentifier: 'nesting', maxDepth: 3 },
          fc.integer({ min: -2, max: 9 }),
          tie('transform'),
        ),
        end: fc.integer({ min: -2, max: 9 }),
        length: fc.constantFrom(0, '5', 450, 'x'),
        padding: text,
        regex: pattern,
        delimiter: pattern,
        index: fc.nat(3),
        replacement: fc.oneof(fc.constantFrom('', '$0', '$1', '\\', 'b'), template),
        substring: text,
        name: text,
        id: fc.constantFrom('known', 'unknown'),
        sourceName: fc.constantFrom('HR Source', 'AD'),
        attributeName: fc.constantFrom('a', 'b'),
        accountPropertyFilter: fc.oneof(text, fc.constant('a == "x"')),
        patterns: fc.array(template, { maxLength: 2 }),
        inputFormat: fc.constantFrom('ISO8601', 'yyyy-MM-dd', 'LDAP', 'ww', "'"),
        numChars: fc.nat(9),
        ignoreErrors: fc.constantFrom(true, 'true', 'yes'),
        a: tie('value'),
        b: text,
      },
      { requiredKeys: [] },
    ),
    transform: fc.record({
      type: fc.constantFrom(...TRANSFORM_TYPES, 'rule', 'nope'),
      attributes: tie('attributes'),
    }),
  }),
);

/** Keeps of the attributes those that are known, so that more definitions can be evaluated than random ones. */
function repaired(definition: unknown): unknown {
  const fixed = structuredClone(definition);
  for (let round = 0; round < 40; round += 1) {
    const unknown = checkTransform(fixed, { path: '', named }).filter(
      ({ message }) => message === 'is not known here',
    );
    if (unknown.length === 0) break;
    for (const { path } of unknown) remove(fixed as Record<string, unknown>, path);
  }
  return fixed;
}

function remove(holder: Record<string, unknown>, path: string): void {
  const keys = path.split(/[.[\]]+/).filter((key) => key !== '');
  const last = keys.pop() as string;
  const parent = keys.reduce<Record<string, unknown> | undefined>(
    (at, key) => at?.[key] as Record<string, unknown>,
    holder,
  );
  if (parent !== undefined) delete parent[last];
}

const named = new Map<string, unknown>([['known', { type: 'trim' }]]);

describe('every definition', () => {
  it('is refused with a path, or evaluates to text, null or a TransformError; the same after JSON', () => {
    let evaluated = 0;
    fc.assert(
      fc.property(transform, text, (random, value) => {
        const definition = repaired(random);
        const problems = checkTransform(definition, { named });
        expect(checkTransform(JSON.parse(JSON.stringify(definition)), { named })).toEqual(problems);
        if (problems.length > 0) {
          for (const problem of problems) expect(problem.path).toMatch(/^transformDefinition/);
          return;
        }
        const outcome = evaluatedTo(definition, value);
        expect(evaluatedTo(JSON.parse(JSON.stringify(definition)), value)).toEqual(outcome);
        evaluated += 1;
      }),
      { numRuns: 700 },
    );
    expect(evaluated).toBeGreaterThan(70);
  });

  it('of any form at all is checked without an exception', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => void checkTransform(value)),
      { numRuns: 500 },
    );
    fc.assert(
      fc.property(text, (value) => void compileAccountFilter(value, false)),
      { numRuns: 500 },
    );
  });
});

function evaluatedTo(definition: unknown, value: string): unknown {
  const scope = transformScope({ accounts: [account({ a: value, b: ['x', value] })] });
  for (;;) {
    try {
      const result = compileTransform(definition, { named }).evaluate(scope);
      if (result === null) return null;
      expect(result.isWellFormed() && !result.includes('\0') && result.length <= MAX_VALUE).toBe(true);
      return result;
    } catch (error) {
      if (scope.names.wanted().length > 0) answerNames(scope.names);
      else if (error instanceof TransformError) return { path: error.path, reason: error.reason };
      else throw error;
    }
  }
}

describe('transforms of any text', () => {
  const kept = fc
    .string({ unit: 'grapheme', maxLength: 40 })
    .filter((one) => one !== '' && one.isWellFormed());
  // A template in place of an input would be another property.
  const plain = kept.map((one) => one.replace(/[$#\\]/g, '_'));

  it('pads to the length, and to nothing else', () => {
    fc.assert(
      fc.property(plain, fc.nat(60), fc.constantFrom('0', ' ', 'ab'), (input, length, padding) => {
        const left = transformed('leftPad', { input, length, padding }) as string;
        const right = transformed('rightPad', { input, length: String(length), padding }) as string;
        expect([left.length, right.length]).toEqual(Array(2).fill(Math.max(length, input.length)));
        expect(left.endsWith(input) && right.startsWith(input)).toBe(true);
      }),
    );
  });

  it('comes back from base64', () => {
    fc.assert(
      fc.property(plain, (input) => {
        const encoded = { type: 'base64Encode', attributes: { input } };
        expect(transformed('base64Decode', { input: encoded })).toBe(input);
      }),
    );
  });

  it('is trimmed, folded and decomposed but once', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('trim', 'upper', 'lower', 'decomposeDiacriticalMarks', 'normalizeNames'),
        plain,
        (type, input) => {
          const once = { type, attributes: { input } };
          expect(transformed(type, { input: once })).toBe(transformed(type, { input }));
        },
      ),
    );
  });

  it('has the parts that slices of it have', () => {
    const ascii = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 12 });
    const place = fc.integer({ min: -1, max: 14 });
    fc.assert(
      fc.property(ascii, place, place, fc.nat(3), (input, begin, end, beginOffset) => {
        const from = begin === -1 ? 0 : begin + beginOffset;
        const to = end === -1 ? input.length : end;
        const attributes = { input, begin, end, beginOffset };
        if (from <= to && to <= input.length)
          expect(transformed('substring', attributes)).toBe(input.slice(from, to));
        else expect(failure('substring', attributes).reason).toMatch(/^begin \d+, end \d+, but the text/);
      }),
    );
  });

  it('is split by text as JavaScript splits it', () => {
    const csv = fc.string({ unit: fc.constantFrom('a', ',', ', '), minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(csv, fc.nat(6), (input, index) => {
        const parts = input.replace(/(, )+$/, '').split(', ');
        const expected = /^(, )+$/.test(input) ? null : (parts[index] ?? null);
        expect(transformed('split', { input, delimiter: ', ', index, throws: false })).toBe(expected);
      }),
    );
  });
});

describe('the longest value there is', () => {
  const PIECES = [
    '.',
    ' (',
    '(a) ',
    ' ',
    '  x',
    'a',
    '-',
    "'",
    '.,',
    'mc',
    'i',
    '0',
    '+1',
    'ß',
    'e\u0301',
    '\u00ad',
  ];
  const SETTINGS: Record<string, object> = {
    dateFormat: { inputFormat: 'yyyy MMM d' },
    dateMath: { expression: '+1d/d' },
    leftPad: { length: 9 },
    rightPad: { length: 9 },
    lookup: { table: { default: 'x' } },
    split: { delimiter: ' ', index: 0 },
    substring: { begin: 1, end: 3 },
    getEndOfString: { numChars: 3 },
    indexOf: { substring: 'b' },
    lastIndexOf: { substring: 'b' },
    replace: { regex: ' ', replacement: '_' },
    replaceAll: { table: { ' ': '_' } },
  };
  const types = TRANSFORM_TYPES.filter((type) => {
    const attributes = { input: 'x', ...SETTINGS[type] };
    return checkTransform({ type, attributes }).length === 0;
  });

  // Steps in proportion to it take milliseconds; in proportion to its square, minutes.
  it.each(types)('is read by %s in bounded time', (type) => {
    for (const piece of PIECES)
      for (const [begin, end] of [
        ['', ''],
        ['a ', 'x'],
      ]) {
        const value = `${begin}${piece.repeat((MAX_VALUE - 3) / piece.length)}${end}`;
        const run = () => evaluatedTo({ type, attributes: { ...SETTINGS[type], input: readA } }, value);
        const outcome = runInNewContext('run()', { run }, { timeout: 10_000 });
        expect([null, 'string', 'object']).toContain(outcome === null ? null : typeof outcome);
      }
  });
});

const readA = { type: 'accountAttribute', attributes: { sourceName: 'HR Source', attributeName: 'a' } };

describe('regular expressions', () => {
  const EVIL = [
    '(a+)+$',
    '(a|a)*b',
    '(a|aa)+$',
    '(.*a){12}',
    '(\\w+\\s?)*!',
    '((a*)*)*b',
    'a?a?a?a?a?a?a?a?aaaaaaaa$',
  ];

  // Backtracking would need more steps for these than there are atoms; a machine's size bounds RE2's steps a character.
  it.each(EVIL)('%s runs in a bounded machine over the longest text there is', (regex) => {
    const input = 'a'.repeat(MAX_MATCHED - 1);
    expect(compileRegularExpression(regex)).not.toHaveProperty('problem');
    expect(typeof transformed('replace', { input: `${input}§`, regex, replacement: 'x' })).toBe('string');
    expect(typeof transformed('split', { input, delimiter: regex, index: 0, throws: false })).toMatch(
      /string|object/,
    );
  });

  it('are refused where their machine would be larger', () => {
    const regex = `(${'a'.repeat(9)}){${MAX_PROGRAM / 10}}(b{${MAX_PROGRAM / 5}})`;
    expect(compileRegularExpression(regex)).toEqual({ problem: 'the pattern is too large' });
  });
});
