// What is refused when a profile is saved, and where; and what a definition says of itself.
import { describe, expect, it } from '@jest/globals';
import {
  checkTransform,
  compileTransform,
  readsOf,
} from '../../../../domain/transforms/compile-transform.ts';
import { MAX_DEFINITION, MAX_DEPTH } from '../../../../domain/transforms/limits.ts';
import { TRANSFORM_TYPES } from '../../../../domain/transforms/transform-registry.ts';
import { hr } from '../../../support/transforms.ts';

const SERVED = [
  'accountAttribute identityAttribute reference static concat firstValid conditional lookup upper lower trim',
  'substring split replace replaceAll indexOf lastIndexOf leftPad rightPad dateFormat dateMath dateCompare',
  'e164phone iso3166 normalizeNames decomposeDiacriticalMarks base64Encode base64Decode randomAlphaNumeric',
  'randomNumeric uuid usernameGenerator join getEndOfString displayName rfc5646',
]
  .join(' ')
  .split(' ');

const RULE = { type: 'rule', attributes: { name: 'Calculate' } };
const refusal =
  "a transform of type 'rule' cannot be served: it runs code 'Calculate' that is not here; only getEndOfString of 'Cloud Services Deployment Utility' is";

describe('checkTransform', () => {
  it('knows every transform that is promised, and no other', () => {
    expect([...TRANSFORM_TYPES].sort()).toEqual([...SERVED].sort());
  });

  it.each([
    [RULE, 'type'],
    [{ type: 'lower', attributes: { input: RULE } }, 'attributes.input.type'],
    [{ type: 'concat', attributes: { values: ['a', RULE] } }, 'attributes.values[1].type'],
    [{ type: 'static', attributes: { value: '$x', x: RULE } }, 'attributes.x.type'],
    [{ type: 'lookup', attributes: { input: 'a', table: { a: RULE } } }, 'attributes.table.a.type'],
    [{ type: 'substring', attributes: { input: 'a', begin: RULE } }, 'attributes.begin.type'],
    [
      { type: 'accountAttribute', attributes: { sourceName: 'a', attributeName: 'b', input: RULE } },
      'attributes.input.type',
    ],
  ])('refuses a rule in %j', (definition, path) => {
    expect(checkTransform(definition, { path: 'body.transform' })).toEqual([
      { path: `body.transform.${path}`, message: refusal },
    ]);
  });

  it('serves the one operation of the vendor’s rule that it has', () => {
    const attributes = {
      name: 'Cloud Services Deployment Utility',
      operation: 'getEndOfString',
      numChars: '4',
      input: 'abcdef',
    };
    expect(checkTransform({ type: 'rule', attributes })).toEqual([]);
    const other = { ...attributes, operation: 'generateRandomString' };
    expect(checkTransform({ type: 'rule', attributes: other })[0]?.path).toBe('transformDefinition.type');
  });

  it.each([
    [null, '', 'must be a transform: { "type": …, "attributes": … }'],
    [{}, '.type', 'must name the transform'],
    [
      { type: 'Upper' },
      '.type',
      expect.stringMatching(/^there is no transform of type 'Upper'; these are served: accountAttribute, /),
    ],
    [{ type: 'upper', attribute: {} }, '.attribute', 'is not known here'],
    [{ type: 'upper', attributes: [] }, '.attributes', 'must be an object'],
    [
      { type: 'upper', attributes: { input: [] } },
      '.attributes.input',
      'must be text or a transform ({ "type": …, "attributes": … })',
    ],
    [{ type: 'upper' }, '.attributes.input', 'is missing, and nothing around it hands an input down'],
    [{ type: 'upper', attributes: { input: 'a', foo: 1 } }, '.attributes.foo', 'is not known here'],
    [
      { type: 'leftPad', attributes: { input: 'a', length: 'x' } },
      '.attributes.length',
      'must be a whole number',
    ],
    [{ type: 'leftPad', attributes: { input: 'a', length: -1 } }, '.attributes.length', 'must be at least 0'],
    [{ type: 'leftPad', attributes: { input: 'a' } }, '.attributes.length', 'must be a whole number'],
    [{ type: 'randomNumeric', attributes: { length: '451' } }, '.attributes.length', 'must be at most 450'],
    [
      { type: 'iso3166', attributes: { input: 'a', format: 'name' } },
      '.attributes.format',
      'must be alpha2, alpha3 or numeric',
    ],
    [
      { type: 'e164phone', attributes: { input: '1', defaultRegion: 'XX' } },
      '.attributes.defaultRegion',
      expect.stringContaining("'XX' is no region"),
    ],
    [
      { type: 'replace', attributes: { input: 'a', regex: '(a', replacement: '' } },
      '.attributes.regex',
      expect.stringContaining('missing closing )'),
    ],
    [
      { type: 'replace', attributes: { input: 'a', regex: 'a(?!b)', replacement: '' } },
      '.attributes.regex',
      expect.stringContaining('lookaround'),
    ],
    [
      { type: 'replace', attributes: { input: 'a', regex: 'a', replacement: '$1' } },
      '.attributes.replacement',
      expect.stringContaining('names a group'),
    ],
    [
      { type: 'replace', attributes: { input: 'a', regex: '(a)', replacement: '$1-$oldValue' } },
      '.attributes.replacement',
      'has a group ($1) beside a template; what a template makes stands for itself',
    ],
    [
      { type: 'replace', attributes: { input: 'a', regex: '(a{500})(b{600})', replacement: '' } },
      '.attributes.regex',
      'the pattern is too large',
    ],
    [
      { type: 'replaceAll', attributes: { input: 'a', table: { '[': '' } } },
      '.attributes.table.[',
      expect.stringContaining('RE2'),
    ],
    [
      { type: 'split', attributes: { input: 'a', delimiter: '(?<=a)', index: 0 } },
      '.attributes.delimiter',
      expect.stringContaining('RE2'),
    ],
    [
      { type: 'static', attributes: { value: 'a', 'two words': 'b' } },
      '.attributes.two words',
      expect.stringContaining('no name for a variable'),
    ],
    [
      { type: 'dateMath', attributes: { expression: '+1d' } },
      '.attributes.input',
      'is missing; an expression that starts with now needs none',
    ],
  ])('refuses %j', (definition, path, message) => {
    expect(checkTransform(definition)).toEqual([{ path: `transformDefinition${path}`, message }]);
  });

  it.each([
    ['\\', 1],
    ['\\\\', 0],
    ['a\\\\\\', 1],
    ['\\$', 0],
  ])('a replacement %j has %i problems', (replacement, count) => {
    expect(
      checkTransform({ type: 'replace', attributes: { input: 'a', regex: 'a|b', replacement } }),
    ).toHaveLength(count);
  });

  it('names everything that is wrong', () => {
    const values = [{ type: 'nope' }, { type: 'leftPad', attributes: { input: 'a' } }];
    expect(checkTransform({ type: 'concat', attributes: { values } }).map(({ path }) => path)).toEqual([
      'transformDefinition.attributes.values[0].type',
      'transformDefinition.attributes.values[1].attributes.length',
    ]);
  });

  const nested = (depth: number) => {
    let definition: unknown = 'x';
    for (let level = 0; level < depth; level += 1)
      definition = { type: 'lower', attributes: { input: definition } };
    return definition;
  };

  it('takes definitions as deep and large as the limits say, and no further', () => {
    expect(checkTransform(nested(MAX_DEPTH))).toEqual([]);
    const deep = checkTransform(nested(MAX_DEPTH + 1));
    expect(deep).toEqual([{ path: expect.any(String), message: 'transforms are nested more than 20 deep' }]);
    expect(checkTransform(nested(8_000))).toHaveLength(1);
    const large = checkTransform({ type: 'static', attributes: { value: 'x'.repeat(MAX_DEFINITION) } });
    expect(large[0]?.message).toContain('400000 are the most');
  });

  it.each([
    ['conditional', { expression: `a${' '.repeat(200_000)}`, positiveCondition: '', negativeCondition: '' }],
    ['accountAttribute', { sourceName: 'a', attributeName: 'b', accountFilter: '('.repeat(10_000) }],
    ['static', { value: '#if('.repeat(4_000) }],
    ['static', { value: '$'.repeat(200_000) }],
    [
      'replaceAll',
      { input: 'a', table: Object.fromEntries(Array.from({ length: 201 }, (_, i) => [`a${i}`, ''])) },
    ],
  ])('refuses what would take long to read: %s', (type, attributes) => {
    expect(checkTransform({ type, attributes })).toHaveLength(1);
  });

  it('stops a value that grows without end', () => {
    const value = '$a'.repeat(100);
    let definition: unknown = 'x'.repeat(100);
    for (let level = 0; level < 5; level += 1)
      definition = { type: 'static', attributes: { value, a: definition } };
    // Five rounds would make 10^12 characters.
    expect(() => compileTransform(definition).evaluate({} as never)).toThrow('is too long');
  });
});

describe('compileTransform', () => {
  it('throws what checkTransform finds', () => {
    expect(() => compileTransform(RULE)).toThrow(
      expect.objectContaining({
        code: 'invalid_configuration',
        message: `transformDefinition.type: ${refusal}`,
        details: [{ path: 'transformDefinition.type', message: refusal }],
      }),
    );
  });

  it.each([
    [{ type: 'uuid' }, true, false],
    [{ type: 'concat', attributes: { values: ['a', { type: 'randomNumeric' }] } }, true, false],
    [{ type: 'usernameGenerator', attributes: { patterns: ['a'] } }, false, true],
    [{ type: 'upper', attributes: { input: 'a' } }, false, false],
  ])('%j: random %s, makes names %s', (definition, random, makesNames) => {
    expect(compileTransform(definition)).toMatchObject({ random, makesNames });
  });
});

describe('readsOf', () => {
  it('has every source and attribute, through references too', () => {
    const named = new Map([
      ['Mail', { type: 'firstValid', attributes: { values: [hr('mail'), hr('email')] } }],
    ]);
    const byId = {
      type: 'accountAttribute',
      attributes: { sourceId: 'AB-cd', sourceName: 'AD', attributeName: 'cn' },
    };
    const values = [
      { type: 'reference', attributes: { id: 'Mail' } },
      byId,
      { type: 'identityAttribute', attributes: { name: 'uid' } },
    ];
    expect(readsOf({ type: 'concat', attributes: { values } }, { named })).toEqual({
      accounts: [
        { sourceName: 'HR Source', attributes: ['email', 'mail'] },
        { sourceId: 'abcd', attributes: ['cn'] },
      ],
      identityAttributes: ['uid'],
    });
  });
});
