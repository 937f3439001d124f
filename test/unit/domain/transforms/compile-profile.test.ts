// The mappings of a profile together: order, circles, errors apart, and values that are kept.
import { describe, expect, it } from '@jest/globals';
import {
  type AttributeTransform,
  checkProfile,
  compileProfile,
} from '../../../../domain/transforms/compile-profile.ts';
import { NameBook } from '../../../../domain/transforms/name-book.ts';
import { SECURE_RANDOM } from '../../../../domain/transforms/random-source.ts';
import { account, answerNames, hr, NOW } from '../../../support/transforms.ts';

const map = (identityAttributeName: string, transformDefinition: unknown): AttributeTransform => ({
  identityAttributeName,
  transformDefinition,
});
const of = (name: string) => ({ type: 'identityAttribute', attributes: { name } });
const evaluate = (
  mappings: AttributeTransform[],
  attributes: Record<string, unknown> = {},
  names = new NameBook(),
) =>
  compileProfile(mappings).evaluate(
    { id: 'p', accounts: [account({ first: 'JANE', last: 'DOE' })], stored: (name) => attributes[name] },
    { now: NOW, random: SECURE_RANDOM, names },
  );

describe('compileProfile', () => {
  it('computes attributes behind those they read', () => {
    const mappings = [
      map('displayName', { type: 'displayName' }),
      map('email', {
        type: 'lower',
        attributes: { input: { type: 'concat', attributes: { values: [of('lastname'), '@x.org'] } } },
      }),
      map('firstname', { type: 'normalizeNames', attributes: { input: hr('first') } }),
      map('lastname', { type: 'normalizeNames', attributes: { input: hr('last') } }),
    ];
    expect(evaluate(mappings)).toEqual({
      attributes: { firstname: 'Jane', lastname: 'Doe', displayName: 'Jane Doe', email: 'doe@x.org' },
      errors: [],
      pending: false,
    });
    expect(evaluate(mappings, { preferredName: 'Jay' }).attributes.displayName).toBe('Jay Doe');
  });

  it('takes what nobody expected for a failure of that attribute alone', () => {
    const unexpected = new TypeError('holds what only we may see');
    const broken = () => {
      throw unexpected;
    };
    const result = compileProfile([map('key', { type: 'uuid' }), map('lastname', hr('last'))]).evaluate(
      { id: 'p', accounts: [account({ last: 'DOE' })], stored: () => null },
      { now: NOW, random: { below: broken, uuid: broken }, names: new NameBook() },
    );
    expect(result).toEqual({
      attributes: { key: null, lastname: 'DOE' },
      errors: [{ attribute: 'key', path: '', reason: 'failed unexpectedly (TypeError)', unexpected }],
      pending: false,
    });
  });

  it('leaves an attribute that fails as it was, says why, and goes on', () => {
    const mappings = [
      map('region', { type: 'lookup', attributes: { input: hr('first'), table: { X: 'Y' } } }),
      map('site', { type: 'concat', attributes: { values: [of('region'), '-1'] } }),
      map('lastname', hr('last')),
    ];
    expect(evaluate(mappings, { region: 'EMEA' })).toEqual({
      attributes: { region: 'EMEA', site: 'EMEA-1', lastname: 'DOE' },
      errors: [{ attribute: 'region', path: '', reason: "the table has no entry for 'JANE' and no default" }],
      pending: false,
    });
    expect(evaluate(mappings).attributes.region).toBeNull();
  });

  it('keeps what chance decided once', () => {
    const mappings = [map('badge', { type: 'uuid' })];
    const first = evaluate(mappings).attributes;
    expect(first.badge).toHaveLength(36);
    expect(evaluate(mappings, first).attributes).toEqual(first);
  });

  it('is pending until user names are looked up', () => {
    const generator = {
      type: 'usernameGenerator',
      attributes: { patterns: ['$ln', '$ln$uniqueCounter'], ln: of('lastname') },
    };
    const mappings = [map('uid', generator), map('lastname', hr('last'))];
    const book = new NameBook();
    expect(evaluate(mappings, {}, book)).toEqual({
      attributes: { lastname: 'DOE', uid: null },
      errors: [],
      pending: true,
    });
    answerNames(book, { doe: 'somebody else' });
    const { attributes, pending } = evaluate(mappings, {}, book);
    expect([attributes.uid, pending]).toEqual(['DOE1', false]);
    expect(evaluate(mappings, { uid: 'jd' }).attributes.uid).toBe('jd');
  });

  it('knows what all of its mappings read, and whether the time matters', () => {
    const profile = compileProfile([map('a', hr('first')), map('b', hr('last')), map('c', of('x'))]);
    expect(profile.reads).toEqual({
      accounts: [{ sourceName: 'HR Source', attributes: ['first', 'last'] }],
      identityAttributes: ['x'],
    });
    expect(profile.timeBased).toBe(false);
    expect(
      compileProfile([map('a', { type: 'dateMath', attributes: { expression: 'now' } })]).timeBased,
    ).toBe(true);
  });

  it('does not mistake names of JavaScript for attributes', () => {
    const mappings = [
      map('a', of('constructor')),
      map('b', {
        type: 'accountAttribute',
        attributes: { sourceName: 'HR Source', attributeName: 'toString' },
      }),
    ];
    expect(evaluate(mappings).attributes).toEqual({ a: null, b: null });
    expect(evaluate([map('__proto__', hr('last'))]).errors).toEqual([]);
  });
});

describe('checkProfile', () => {
  const path = 'body.identityAttributeConfig.attributeTransforms';
  it.each([
    [
      [map('a', of('b')), map('b', of('c')), map('c', of('b'))],
      '[1].transformDefinition',
      'attributes are computed from each other in a circle: b → c → b',
    ],
    [
      [map('a', of('a'))],
      '[0].transformDefinition',
      "'a' is computed from itself; $oldValue has what it was before",
    ],
    [
      [map('a', of('b')), map('a', of('c'))],
      '[1].identityAttributeName',
      `'a' is mapped already by ${path}[0]; firstValid chooses between several values`,
    ],
    [
      [map('a', of('b')), map('c', { type: 'rule' })],
      '[1].transformDefinition.type',
      expect.stringContaining("type 'rule' cannot be served"),
    ],
  ])('refuses %j', (mappings, at, message) => {
    expect(checkProfile(mappings, { path })).toEqual([{ path: path + at, message }]);
    expect(() => compileProfile(mappings, { path })).toThrow(
      expect.objectContaining({ code: 'invalid_configuration' }),
    );
  });
});
