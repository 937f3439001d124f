// What an endpoint takes of `filters` and `sorters`: its fields, their operators, and values of their types.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FilterError } from '../../../../domain/filters/filter-error.ts';
import { checkFilter, type FilterFields } from '../../../../domain/filters/filter-fields.ts';
import { parseFilter } from '../../../../domain/filters/parse-filter.ts';
import { parseSorters } from '../../../../domain/filters/sorters.ts';
import { nearlyFilters } from '../../../support/filter-arbitraries.ts';

const FIELDS: FilterFields = {
  id: { type: 'id', operators: ['eq', 'in', 'sw'] },
  name: { type: 'text', operators: ['eq', 'sw'] },
  priority: { type: 'number', operators: ['eq', 'ne', 'in'] },
  correlated: { type: 'boolean', operators: ['eq'] },
  created: { type: 'time', operators: ['gt', 'isnull'] },
  state: { type: 'choice', values: ['OK', 'ERROR'], operators: ['eq'] },
};
const ID = '01f04e42-8c48-4542-a241-dc89c303b178';

const check = (text: string) => checkFilter(parseFilter(text), FIELDS);
const value = (text: string) => (check(text) as { values: unknown[] }).values[0];

function failure(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(FilterError);
    return (error as FilterError).message;
  }
  throw new Error('nothing is wrong with it');
}

describe('checkFilter', () => {
  it.each([
    [`id eq "${ID}"`, ID],
    [`id eq ${ID.toUpperCase()}`, ID],
    [`id eq "${ID.replaceAll('-', '')}"`, ID],
    ['id sw "01F0"', '01f0'],
    ['id sw "01f04e42-8"', '01f04e428'],
    ['id sw ""', ''],
    ['name eq Walter', 'Walter'],
    ['name eq 007', '007'],
    ['name eq true', 'true'],
    ['priority eq -10', -10],
    ['priority eq 1.5e2', 150],
    ['correlated eq false', false],
    ['created gt 2018-12-18T23:05:55Z', new Date('2018-12-18T23:05:55Z')],
    ['created gt "2018-12-18t23:05:55.250+01:00"', new Date('2018-12-18T22:05:55.250Z')],
    ['state eq error', 'ERROR'],
    ['created gt 2018-12-18', new Date('2018-12-18T00:00:00Z')],
    ['created gt 2018', new Date('2018-01-01T00:00:00Z')],
  ])('reads the value of %s', (text, expected) => {
    expect(value(text)).toEqual(expected);
  });

  it.each([
    [
      'lastname eq "x"',
      "filters, at character 1: cannot filter by 'lastname'; fields are id (eq, in, sw), name (eq, sw), priority",
    ],
    ['name eq "x" or Name eq "y"', "at character 16: cannot filter by 'Name'"],
    ['constructor eq "x"', "cannot filter by 'constructor'"],
    ['__proto__ eq "x"', "cannot filter by '__proto__'"],
    ['pr name', 'at character 1: name does not take pr; it takes eq, sw'],
    ['name isnull', 'at character 6: name does not take isnull; it takes eq, sw'],
    ['not (name co "x")', 'at character 11: name does not take co; it takes eq, sw'],
    ['priority eq "10"', 'priority is compared with a number without quotes, not "10"'],
    ['priority eq ten', "priority is compared with a number without quotes, not 'ten'"],
    ['priority eq 1e999', 'a number'],
    ['priority in (1, 2, x)', "at character 20: priority is compared with a number without quotes, not 'x'"],
    ['correlated eq "true"', 'correlated is compared with true or false without quotes, not "true"'],
    ['correlated eq TRUE', "true or false without quotes, not 'TRUE'"],
    ['correlated eq 1', 'true or false'],
    ['state eq "FAILED"', 'state is compared with one of OK, ERROR, not "FAILED"'],
    ['created gt yesterday', 'a date-time as 2026-01-31T08:00:00Z'],
    ['created gt 2018-02-30', 'a date-time'],
    ['created gt 2018-12-18T23:05:55', 'a date-time'],
    ['id eq "x"', 'id is compared with an id: 32 hex digits, or a UUID, not "x"'],
    [`id eq "${ID.replace('-', '')}"`, 'an id'],
    ['id sw "x"', 'the beginning of an id: hex digits, not "x"'],
    ['id sw "01f0-4"', 'the beginning of an id'],
    [`id sw "${ID}0"`, 'the beginning of an id'],
  ])('refuses %s', (text, message) => {
    expect(failure(() => check(text))).toContain(message);
  });
});

describe('parseSorters', () => {
  const fields = ['name', 'alias', 'owner.id'];

  it('reads fields and directions', () => {
    expect(parseSorters('name', fields)).toEqual([{ path: 'name', descending: false }]);
    expect(parseSorters('-owner.id, name', fields)).toEqual([
      { path: 'owner.id', descending: true },
      { path: 'name', descending: false },
    ]);
  });

  it.each([
    ['', 'sorters, at character 1: a field was expected; fields to sort by are name, alias, owner.id'],
    ['name,', 'at character 6: a field was expected'],
    ['-', 'at character 2: a field was expected'],
    ['name,-email', "at character 7: cannot sort by 'email'; fields to sort by are name, alias, owner.id"],
    ['--name', "at character 2: a field was expected, not '-name'"],
    ['name asc', "a field was expected, not 'name asc'"],
    ['name,-name', "at character 6: 'name' is there twice"],
  ])('refuses %j', (text, message) => {
    const shown = failure(() => parseSorters(text, fields));
    expect(shown).toContain(message);
  });

  it('throws nothing but FilterError for any text', () => {
    fc.assert(
      fc.property(nearlyFilters, (text) => {
        try {
          parseSorters(text, fields);
        } catch (error) {
          expect(error).toBeInstanceOf(FilterError);
        }
      }),
    );
  });
});
