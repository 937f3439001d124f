// Transforms held against models of them in plain JavaScript, for any values.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of Velocity look so.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import countries from 'i18n-iso-countries';
import { compileTransform } from '../../../../domain/transforms/compile-transform.ts';
import { NameBook } from '../../../../domain/transforms/name-book.ts';
import { account, answerNames, hr, NULL, transformed, transformScope } from '../../../support/transforms.ts';

const plain = fc.string({ unit: fc.constantFrom(...'aAbBäß -._,1'), minLength: 1, maxLength: 12 });
const maybe = fc.option(plain, { nil: null });
const operand = (value: string | null) => value ?? NULL;
const date = fc.date({
  min: new Date('1700-01-01T00:00:00Z'),
  max: new Date('2400-01-01T00:00:00Z'),
  noInvalidDate: true,
});

describe('dates', () => {
  it('come back from every format that has all of them', () => {
    const formats = [
      'ISO8601',
      'EPOCH_TIME_JAVA',
      'EPOCH_TIME_WIN32',
      'yyyyMMddHHmmssSSS',
      'EEEE, d MMMM yyyy KK:mm:ss.SSS a Z',
      'D/yyyy kk-mm-ss-S z u',
      "''yy'yy'yyyy M d 'at' h:m:s.S aXXX",
    ];
    fc.assert(
      fc.property(date, fc.constantFrom(...formats), (instant, format) => {
        const input = instant.toISOString();
        const there = { type: 'dateFormat', attributes: { input, outputFormat: format } };
        expect(transformed('dateFormat', { input: there, inputFormat: format })).toBe(input);
      }),
    );
  });

  it('are compared as instants', () => {
    const operators = fc.constantFrom('lt', 'lte', 'gt', 'gte');
    fc.assert(
      fc.property(date, date, operators, fc.boolean(), (a, b, operator, same) => {
        const second = same ? a : b;
        const [left, right] = [a.getTime(), second.getTime()];
        const holds = { lt: left < right, lte: left <= right, gt: left > right, gte: left >= right }[
          operator
        ];
        const attributes = {
          firstDate: a.toISOString(),
          secondDate: second.toISOString(),
          operator,
          positiveCondition: 'yes',
          negativeCondition: 'no',
        };
        expect(transformed('dateCompare', attributes)).toBe(holds ? 'yes' : 'no');
      }),
    );
  });

  it('are moved by lengths of time, and rounded to their units', () => {
    const lengths = { w: 604_800_000, d: 86_400_000, h: 3_600_000, m: 60_000 };
    const unit = fc.constantFrom('w', 'd', 'h', 'm' as const);
    fc.assert(
      fc.property(date, unit, fc.integer({ min: -5_000, max: 5_000 }), fc.boolean(), (start, of, n, up) => {
        const length = lengths[of as keyof typeof lengths];
        const amount = `${n < 0 ? '-' : '+'}${Math.abs(n)}${of}`;
        const input = start.toISOString();
        const minute = (instant: number) => `${new Date(instant).toISOString().slice(0, 16)}Z`;
        expect(transformed('dateMath', { input, expression: amount })).toBe(
          minute(start.getTime() + n * length),
        );
        if (of === 'w') return;
        const floor = Math.floor((start.getTime() + n * length) / length) * length;
        expect(transformed('dateMath', { input, expression: `${amount}/${of}`, roundUp: up })).toBe(
          minute(floor + (up ? length : 0)),
        );
      }),
    );
  });

  it('are moved by months to the same day, or the last of a shorter one', () => {
    fc.assert(
      fc.property(date, fc.integer({ min: -500, max: 500 }), (start, months) => {
        const moved = new Date(start);
        moved.setUTCDate(1);
        moved.setUTCMonth(moved.getUTCMonth() + months);
        const last = new Date(Date.UTC(moved.getUTCFullYear(), moved.getUTCMonth() + 1, 0)).getUTCDate();
        moved.setUTCDate(Math.min(start.getUTCDate(), last));
        const expression = `${months < 0 ? '-' : '+'}${Math.abs(months)}M`;
        const value = transformed('dateMath', { input: start.toISOString(), expression });
        expect(value).toBe(`${moved.toISOString().slice(0, 16)}Z`);
      }),
    );
  });
});

describe('choices and pieces', () => {
  it('are those of JavaScript', () => {
    fc.assert(
      fc.property(fc.array(maybe, { maxLength: 5 }), plain, (values, separator) => {
        const there = values.filter((value) => value !== null);
        const operands = values.map(operand);
        const joined = (text: string) => (there.length === 0 ? null : there.join(text));
        expect(transformed('firstValid', { values: operands })).toBe(there[0] ?? null);
        expect(transformed('concat', { values: operands })).toBe(joined(''));
        expect(transformed('join', { values: operands, separator })).toBe(joined(separator));
      }),
    );
    fc.assert(
      fc.property(plain, plain, fc.nat(14), (input, part, count) => {
        expect(transformed('indexOf', { input, substring: part })).toBe(String(input.indexOf(part)));
        expect(transformed('lastIndexOf', { input, substring: part })).toBe(String(input.lastIndexOf(part)));
        const end = count > input.length ? null : input.slice(input.length - count);
        expect(transformed('getEndOfString', { input, numChars: count })).toBe(end);
        const attributes = { a: input, b: part, positiveCondition: '$a', negativeCondition: '$b' };
        const chosen = transformed('conditional', { ...attributes, expression: '$a eq $b' });
        expect(chosen).toBe(input === part ? input : part);
        const quoted = part.replace(/[.]/g, '\\.');
        const replaced = input.replaceAll(part, '<$>');
        expect(transformed('replace', { input, regex: quoted, replacement: '<\\$>' })).toBe(replaced);
        expect(transformed('replaceAll', { input, table: { [quoted]: '<\\$>' } })).toBe(replaced);
      }),
    );
  });

  it('a table has for every key its value, and for all others its default', () => {
    fc.assert(
      fc.property(fc.dictionary(plain, plain, { maxKeys: 5 }), plain, (table, key) => {
        for (const input of [...Object.keys(table), key]) {
          const expected = Object.hasOwn(table, input) ? table[input] : 'none';
          expect(transformed('lookup', { input, table: { ...table, default: 'none' } })).toBe(expected);
        }
      }),
    );
  });
});

describe('codes', () => {
  const codes = Object.keys(countries.getAlpha2Codes());

  it('of countries lead from each form to each other', () => {
    const iso = (input: unknown, format: string) => ({ type: 'iso3166', attributes: { input, format } });
    const format = fc.constantFrom('alpha2', 'alpha3', 'numeric');
    fc.assert(
      fc.property(fc.constantFrom(...codes), format, format, fc.boolean(), (code, one, other, small) => {
        const input = small ? code.toLowerCase() : code;
        const through = iso(iso(iso(input, one), other), 'alpha2').attributes;
        expect(transformed('iso3166', through)).toBe(code);
      }),
      { numRuns: 500 },
    );
  });

  it('of telephones are numbers that stay what they are', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2_000_000_000, max: 9_999_999_999 }),
        fc.constantFrom('US', 'DE', 'AU'),
        (n, region) => {
          const once = { type: 'e164phone', attributes: { input: String(n), defaultRegion: region } };
          const number = compileTransform(once).evaluate(transformScope());
          if (number !== null) expect(number).toMatch(/^\+\d{8,15}$/);
          expect(transformed('e164phone', { input: once, defaultRegion: 'FR' })).toBe(number);
        },
      ),
    );
  });
});

describe('user names', () => {
  it('are given once, are no longer than they may be, and stay what they are', () => {
    const names = fc.array(fc.constantFrom('doe', 'Doe', 'dö', 'verylongname'), {
      minLength: 1,
      maxLength: 12,
    });
    fc.assert(
      fc.property(names, fc.integer({ min: 3, max: 14 }), (people, cloudMaxSize) => {
        const attributes = { patterns: ['$ln', '$ln${uniqueCounter}'], ln: hr('last'), cloudMaxSize };
        const { evaluate } = compileTransform({ type: 'usernameGenerator', attributes });
        const book = new NameBook();
        const give = (last: string, index: number) => {
          const scope = transformScope({
            names: book,
            personId: String(index),
            accounts: [account({ last })],
          });
          for (;;) {
            try {
              return evaluate(scope) as string;
            } catch (error) {
              if (book.wanted().length === 0) throw error;
              answerNames(book);
            }
          }
        };
        const given = people.map(give);
        expect(new Set(given.map((name) => name.toLowerCase())).size).toBe(people.length);
        for (const name of given) expect(name.length).toBeLessThanOrEqual(cloudMaxSize);
        expect(people.map(give)).toEqual(given);
      }),
    );
  });
});
