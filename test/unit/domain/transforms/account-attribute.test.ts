// accountAttribute: which of several accounts gives the value, and filters over them.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compileAccountFilter } from '../../../../domain/transforms/account-filter.ts';
import { checkTransform, readsOf } from '../../../../domain/transforms/compile-transform.ts';
import { account, transformed } from '../../../support/transforms.ts';

const old = account(
  { DEPARTMENT: 'Sales', status: ['terminated'], rank: '10' },
  { nativeIdentity: 'hr-1', created: '2015-01-01T00:00:00Z' },
);
const young = account(
  {
    DEPARTMENT: 'Engineering',
    HIREDATE: '2020-02-01',
    status: ['active'],
    rank: '9',
    groups: ['CN=Admin', 'CN=Dev'],
  },
  { nativeIdentity: 'hr-2', created: '2020-01-01T00:00:00Z', entitlements: true, displayName: 'SVC-mail' },
);
const other = account(
  { DEPARTMENT: 'IT' },
  { sourceName: 'Okta', sourceId: 'ff8081815a8b3925015a8b6adac901ff' },
);
const scope = { accounts: [young, other, old] };
const read = (attributes: Record<string, unknown>) =>
  transformed(
    'accountAttribute',
    { sourceName: 'HR Source', attributeName: 'DEPARTMENT', ...attributes },
    scope,
  );

describe('accountAttribute', () => {
  it.each([
    [{}, 'Sales'],
    [{ accountSortDescending: true }, 'Engineering'],
    [{ attributeName: 'HIREDATE' }, '2020-02-01'],
    [{ attributeName: 'HIREDATE', accountReturnFirstLink: 'true' }, null],
    [{ attributeName: 'missing' }, null],
    [{ accountSortAttribute: 'rank' }, 'Engineering'],
    [{ accountPropertyFilter: '(status == "active")' }, 'Engineering'],
    [{ accountPropertyFilter: '(status != "terminated")' }, 'Engineering'],
    [{ accountFilter: '!(displayName.startsWith("SVC-"))', accountSortDescending: 'true' }, 'Sales'],
    [{ sourceName: 'Nowhere' }, null],
    [{ sourceName: undefined, applicationId: 'FF808181-5a8b-3925-015a-8b6adac901ff' }, 'IT'],
    [{ sourceName: 'renamed since', sourceId: 'ff8081815a8b3925015a8b6adac901ff' }, 'IT'],
    [{ sourceName: undefined, applicationName: 'Okta [source]' }, 'IT'],
  ])('%j', (attributes, output) => {
    expect(read(attributes)).toBe(output);
  });

  it('takes the first of several values, and texts of numbers and flags; empty text is no value', () => {
    const values = { accounts: [account({ many: ['a', 'b'], number: 5, flag: false, empty: '', none: [] })] };
    const get = (attributeName: string) =>
      transformed('accountAttribute', { sourceName: 'HR Source', attributeName }, values);
    expect(['many', 'number', 'flag', 'empty', 'none'].map(get)).toEqual(['a', '5', 'false', null, null]);
  });

  it('orders numbers and other texts the same, however the accounts come', () => {
    const ranked = ['9', '10', '1a'].map((rank) => account({ rank }, { nativeIdentity: rank }));
    const attributes = { sourceName: 'HR Source', attributeName: 'rank', accountSortAttribute: 'rank' };
    fc.assert(
      fc.property(fc.shuffledSubarray(ranked, { minLength: ranked.length }), (accounts) => {
        expect(transformed('accountAttribute', attributes, { accounts })).toBe('9');
        const last = { ...attributes, accountSortDescending: true };
        expect(transformed('accountAttribute', last, { accounts })).toBe('1a');
      }),
    );
  });

  it('says what it reads, filters and order included', () => {
    const definition = {
      type: 'accountAttribute',
      attributes: {
        sourceName: 'HR Source',
        attributeName: 'DEPARTMENT',
        accountSortAttribute: 'rank',
        accountPropertyFilter: 'status == "active"',
      },
    };
    expect(readsOf(definition)).toEqual({
      accounts: [{ sourceName: 'HR Source', attributes: ['DEPARTMENT', 'rank', 'status'] }],
      identityAttributes: [],
    });
  });

  it.each([
    [
      { attributeName: 'a' },
      'sourceName',
      'is missing; name the source by sourceName, sourceId, applicationName or applicationId',
    ],
    [{ sourceName: 'HR' }, 'attributeName', 'is missing'],
    [
      { sourceName: 'HR', attributeName: 'a', accountReturnFirstLink: 'yes' },
      'accountReturnFirstLink',
      'must be true or false',
    ],
    [
      { sourceName: 'HR', attributeName: 'a', accountFilter: 'status == "x"' },
      'accountFilter',
      "names 'status'; accountFilter can name nativeIdentity, displayName, entitlements, accountPropertyFilter any attribute",
    ],
    [
      { sourceName: 'HR', attributeName: 'a', accountPropertyFilter: 'status ==' },
      'accountPropertyFilter',
      'ends too early',
    ],
  ])('refuses %j', (attributes, key, message) => {
    expect(checkTransform({ type: 'accountAttribute', attributes })).toEqual([
      { path: `transformDefinition.attributes.${key}`, message },
    ]);
  });
});

describe('filters over accounts', () => {
  const holds = (expression: string, searchable = false) => {
    const compiled = compileAccountFilter(expression, searchable);
    if ('problem' in compiled) throw new Error(compiled.problem);
    return compiled.accepts(young);
  };

  it.each([
    ['DEPARTMENT == "Engineering"', true],
    ['DEPARTMENT != "Engineering"', false],
    ['missing == null', true],
    ['missing != "x"', true],
    ['rank < 10', true],
    ['rank >= "9"', true],
    ['!(rank > 9) && groups.containsAll({"CN=Admin", \'CN=Dev\'})', true],
    ['groups.containsAll({"CN=Admin", "CN=HR"}) || DEPARTMENT == "Engineering"', true],
    ['groups.contains("Admin")', true],
    ['DEPARTMENT.in({"Sales"})', false],
    ['DEPARTMENT.startsWithIgnoreCase("ENG") && DEPARTMENT.endsWith("ing")', true],
    ['missing.isNull() && rank.notNull()', true],
    ['DEPARTMENT == "Sales" && rank == 9 || groups == "CN=Dev"', true],
    ['DEPARTMENT == "Sales" && (rank == 9 || groups == "CN=Dev")', false],
  ])('%s: %s', (expression, expected) => {
    expect(holds(expression)).toBe(expected);
  });

  it('searches what is known of every account', () => {
    expect(holds('nativeIdentity == "hr-2" && entitlements == true', true)).toBe(true);
  });

  it.each([
    '',
    'a',
    'a = "b"',
    'a == b',
    '(a == "b"',
    'a == "b")',
    'a.like("b")',
    'a.startsWith(',
    'a == "b',
    '== "b"',
    'a < null',
    '§',
  ])('refuses %j', (expression) => {
    expect(compileAccountFilter(expression, false)).toEqual({ problem: expect.any(String) });
  });
});
