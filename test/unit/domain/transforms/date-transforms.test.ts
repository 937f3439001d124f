// Transforms of dates: formats, arithmetic, comparisons; all in UTC.
import { describe, expect, it } from '@jest/globals';
import { checkTransform, isTimeBased } from '../../../../domain/transforms/compile-transform.ts';
import { account, failure, hr, NULL, transformed } from '../../../support/transforms.ts';

describe('dateFormat', () => {
  it.each([
    ['144642632190', 'EPOCH_TIME_JAVA', 'ISO8601', '1974-08-02T02:30:32.190Z'],
    ['4/1/1975', 'M/d/yyyy', 'yyyy-MM-dd', '1975-04-01'],
    ['12/31/1995', 'M/d/yyyy', 'ISO8601', '1995-12-31T00:00:00.000Z'],
    ['03/29/2026', 'PEOPLE_SOFT', 'dd.MM.yyyy', '29.03.2026'],
    ['2026-03-29T01:30:00.000+0200', 'ISO8601', 'yyyy-MM-dd HH:mm z', '2026-03-28 23:30 GMT'],
    ['2026-03-29T01:30:00.000Z', 'ISO8601', 'PEOPLE_SOFT', '03/29/2026'],
    ['20240131120000.0Z', 'LDAP', 'ISO8601', '2024-01-31T12:00:00.000Z'],
    ['20240131120000+0100', 'LDAP', 'LDAP', '20240131110000.Z'],
    ['133500096000000000', 'EPOCH_TIME_WIN32', 'ISO8601', '2024-01-18T00:00:00.000Z'],
    ['2024-01-18T00:00:00.000Z', 'ISO8601', 'EPOCH_TIME_WIN32', '133500096000000000'],
    ['2024-01-18T00:00:00.000Z', 'ISO8601', 'EPOCH_TIME_JAVA', '1705536000000'],
    ['Nov 05 2026, 13:04:05.006', 'MMM dd yyyy, HH:mm:ss.SSS', 'EEEE, d MMMM yy', 'Thursday, 5 November 26'],
    ['5 november 26', 'd MMMM yy', 'yyyy-MM-dd', '2026-11-05'],
    ['12:05 AM', 'h:mm a', "HH 'o''clock' mm", "00 o'clock 05"],
    ['2024-366', 'yyyy-DDD', 'yyyy-MM-dd', '2024-12-31'],
    ['20240229', 'yyyyMMdd', 'D', '60'],
    ['2026-11-23', 'yyyy-MM-dd', 'u uu', '1 01'],
    ['2026-11-29 7', 'yyyy-MM-dd u', 'EEE u', 'Sun 7'],
    ['2026-11-23T00:00Z', "yyyy-MM-dd'T'HH:mm", 'ISO8601', '2026-11-23T00:00:00.000Z'],
  ])('%s as %s is in %s', (input, inputFormat, outputFormat, output) => {
    expect(transformed('dateFormat', { input, inputFormat, outputFormat })).toBe(output);
  });

  it.each([
    ['notadate', 'MM/dd/yyyy'],
    ['2026-03-29', 'ISO8601'],
    ['2026-02-30', 'yyyy-MM-dd'],
    ['13/45/2026', 'MM/dd/yyyy'],
    ['now', 'ISO8601'],
    ['9223372036854775807', 'EPOCH_TIME_WIN32'],
    ['20240131', 'LDAP'],
    ['2026-11-29 8', 'yyyy-MM-dd u'],
  ])('gives null for %s, which is no %s', (input, inputFormat) => {
    expect(transformed('dateFormat', { input, inputFormat })).toBeNull();
  });

  it.each([
    ['yyyy-ww', "has the letter 'w', which is not served in dates; quote it ('…') if it is text"],
    ["yyyy'T", 'has a quote that is not closed'],
    ['--', 'has no letters of a date'],
  ])('refuses the format %s', (inputFormat, message) => {
    const definition = { type: 'dateFormat', attributes: { input: 'x', inputFormat } };
    expect(checkTransform(definition)).toEqual([
      { path: 'transformDefinition.attributes.inputFormat', message },
    ]);
  });
});

describe('dateMath', () => {
  it.each([
    ['now', '2026-11-23T10:20Z'],
    ['now/h', '2026-11-23T10:00Z'],
    ['now+1w', '2026-11-30T10:20Z'],
    ['now-5d/d', '2026-11-18T00:00Z'],
    ['now+1y+1M+2d-4h+1m-3s/s', '2027-12-25T06:21Z'],
    ['now/y', '2026-01-01T00:00Z'],
    ['now/M', '2026-11-01T00:00Z'],
  ])('%s', (expression, output) => {
    expect(transformed('dateMath', { expression })).toBe(output);
  });

  it.each([
    ['2026-01-31T00:00:00Z', '+1M', false, '2026-02-28T00:00Z'],
    ['2024-02-29T00:00:00.000Z', '-1y', false, '2023-02-28T00:00Z'],
    ['2026-01-31T15:20:00Z', '+1d/d', true, '2026-02-02T00:00Z'],
    ['2026-01-31T15:20:00Z', '/d', false, '2026-01-31T00:00Z'],
    ['2026-01-31T00:00:00Z', '/d', 'true', '2026-02-01T00:00Z'],
    ['2026-01-31T23:30:00+02:00', '+3M/h', true, '2026-04-30T22:00Z'],
    ['2026-01-31', '+12h', false, '2026-01-31T12:00Z'],
  ])('%s %s, rounded up: %s', (input, expression, roundUp, output) => {
    expect(transformed('dateMath', { input, expression, roundUp })).toBe(output);
  });

  it('ignores its input where the expression starts with now, and gives null for null', () => {
    expect(transformed('dateMath', { expression: 'now', input: 'no date' })).toBe('2026-11-23T10:20Z');
    expect(transformed('dateMath', { expression: '+1d', input: NULL })).toBeNull();
  });

  it('fails for an input that is no date, and for a date out of range', () => {
    const reason = "the input '31.01.2026' is no date in ISO 8601";
    expect(failure('dateMath', { expression: '+1d', input: '31.01.2026' })).toEqual({ path: '', reason });
    expect(failure('dateMath', { expression: 'now+999999y' }).reason).toBe('the date is out of range');
  });

  it.each(['now/w', '+1', 'tomorrow', '', 'now + 1d'])('refuses the expression %j', (expression) => {
    const [problem] = checkTransform({ type: 'dateMath', attributes: { expression, input: '2026-01-31' } });
    expect(problem?.path).toBe('transformDefinition.attributes.expression');
  });
});

describe('dateCompare', () => {
  const compare = (firstDate: unknown, operator: string, secondDate: unknown) => ({
    firstDate,
    operator,
    secondDate,
    positiveCondition: 'yes',
    negativeCondition: 'no',
  });

  it.each([
    ['2024-01-01T00:00:00Z', 'lt', 'now', 'yes'],
    ['now', 'LTE', 'now', 'yes'],
    ['now', 'gt', 'now', 'no'],
    ['2024-01-01', 'GTE', '2024-01-01T01:00:00+01:00', 'yes'],
  ])('%s %s %s', (first, operator, second, output) => {
    expect(transformed('dateCompare', compare(first, operator, second))).toBe(output);
  });

  it('compares the hire date of an account with a fixed date', () => {
    const fixed = { type: 'dateFormat', attributes: { input: '12/31/1995', inputFormat: 'M/d/yyyy' } };
    const scope = { accounts: [account({ hire_date: '1990-05-01T00:00:00.000Z' })] };
    expect(transformed('dateCompare', compare(hr('hire_date'), 'lte', fixed), scope)).toBe('yes');
  });

  it('takes now for the present time wherever it comes from', () => {
    const fallback = { type: 'firstValid', attributes: { values: [hr('end'), 'now'] } };
    expect(transformed('dateCompare', compare(fallback, 'lte', 'now'))).toBe('yes');
    const scope = { accounts: [account({ end: ' now ' })] };
    expect(transformed('dateCompare', compare('2026-11-23T10:20:30.456Z', 'gte', hr('end')), scope)).toBe(
      'yes',
    );
    expect(transformed('dateCompare', compare('2026-11-23T10:20:30.457Z', 'gt', hr('end')), scope)).toBe(
      'yes',
    );
  });

  it('fails for null and for what is no date', () => {
    const none = failure('dateCompare', compare(NULL, 'lt', 'now'));
    expect(none).toEqual({ path: '', reason: 'firstDate is null, not a date in ISO 8601' });
    const scope = { accounts: [account({ end: '1.2.2026' })] };
    const bad = failure('dateCompare', compare('now', 'lt', hr('end')), scope);
    expect(bad.reason).toBe("secondDate is '1.2.2026', not a date in ISO 8601");
  });

  it('refuses other operators and dates that are none', () => {
    const attributes = compare('yesterday', 'eq', 'now');
    expect(checkTransform({ type: 'dateCompare', attributes })).toEqual([
      { path: 'transformDefinition.attributes.operator', message: 'must be lt, lte, gt or gte' },
    ]);
    expect(checkTransform({ type: 'dateCompare', attributes: { ...attributes, operator: 'lt' } })).toEqual([
      {
        path: 'transformDefinition.attributes.firstDate',
        message: "'yesterday' is neither now nor a date in ISO 8601",
      },
    ]);
  });
});

describe('isTimeBased', () => {
  const now = { type: 'dateMath', attributes: { expression: 'now' } };
  const compared = (firstDate: unknown) => ({
    type: 'dateCompare',
    attributes: {
      firstDate,
      secondDate: '2026-01-01',
      operator: 'lt',
      positiveCondition: 'a',
      negativeCondition: 'b',
    },
  });
  it.each([
    [now, true],
    [{ type: 'dateMath', attributes: { expression: '+1d', input: '2026-01-01' } }, false],
    [{ type: 'lower', attributes: { input: { type: 'concat', attributes: { values: ['x', now] } } } }, true],
    [{ type: 'static', attributes: { value: 'x' }, requiresPeriodicRefresh: true }, true],
    [{ type: 'static', attributes: { value: 'x', requiresPeriodicRefresh: 'true' } }, true],
    [{ type: 'static', attributes: { value: 'now' } }, false],
    [{ type: 'reference', attributes: { id: 'Now' } }, true],
    [compared('now'), true],
    [compared(' now'), true],
    [compared('2026-01-01'), false],
    [compared({ type: 'firstValid', attributes: { values: [hr('end'), 'now'] } }), true],
    [compared({ type: 'reference', attributes: { id: 'Text' } }), true],
    [compared(hr('now')), false],
    [{ type: 'reference', attributes: { id: 'Text' } }, false],
  ])('%j: %s', (definition, expected) => {
    expect(
      isTimeBased(definition, {
        named: new Map<string, unknown>([
          ['Now', now],
          ['Text', { type: 'static', attributes: { value: 'now' } }],
        ]),
      }),
    ).toBe(expected);
  });
});
