// Transforms whose value comes from chance, or from which user names are free.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of Velocity look so.
import { describe, expect, it } from '@jest/globals';
import { checkTransform, compileTransform } from '../../../../domain/transforms/compile-transform.ts';
import { NameBook, NamesUnknown } from '../../../../domain/transforms/name-book.ts';
import { SECURE_RANDOM } from '../../../../domain/transforms/random-source.ts';
import { answerNames, failure, NULL, transformed, transformScope } from '../../../support/transforms.ts';

describe('values of chance', () => {
  it.each([
    ['randomAlphaNumeric', {}, /^[A-Za-z0-9]{32}$/],
    ['randomAlphaNumeric', { length: '10' }, /^[A-Za-z0-9]{10}$/],
    ['randomNumeric', {}, /^\d{10}$/],
    ['randomNumeric', { length: 450 }, /^\d{450}$/],
    ['uuid', {}, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/],
  ])('%s %j', (type, attributes, pattern) => {
    expect(transformed(type, attributes, { random: SECURE_RANDOM })).toMatch(pattern);
    expect(transformed(type, attributes)).toBe(transformed(type, attributes));
  });
});

const person = (firstname: string | null, lastname: string) => (name: string) =>
  name === 'firstname' ? firstname : name === 'lastname' ? lastname : null;
const identity = (name: string) => ({ type: 'identityAttribute', attributes: { name } });
const generator = (patterns: string[], more: Record<string, unknown> = {}) => ({
  type: 'usernameGenerator',
  attributes: {
    patterns,
    fn: identity('firstname'),
    ln: { type: 'lower', attributes: { input: identity('lastname') } },
    fi: {
      type: 'lower',
      attributes: {
        input: { type: 'substring', attributes: { begin: 0, end: 1, input: identity('firstname') } },
      },
    },
    ...more,
  },
});
const COUNTED = generator(['$fi$ln', '$fi.$ln${uniqueCounter}']);

/** Evaluates as the refresh does: looks names up in `taken` until all are known. Gives the name and the look-ups. */
function generate(
  definition: unknown,
  taken: Record<string, string>,
  book = new NameBook(),
  personId = 'me',
) {
  const { evaluate } = compileTransform(definition);
  const scope = transformScope({ names: book, personId, identityAttribute: person('John', 'Doe') });
  for (let rounds = 0; ; rounds += 1) {
    try {
      return { name: evaluate(scope), rounds };
    } catch (error) {
      if (!(error instanceof NamesUnknown)) throw error;
      answerNames(book, taken);
    }
  }
}

describe('usernameGenerator', () => {
  it('takes the first pattern that is free, then counts', () => {
    expect(generate(COUNTED, {}).name).toBe('jdoe');
    expect(generate(COUNTED, { jdoe: 'x' }).name).toBe('j.doe');
    expect(generate(COUNTED, { jdoe: 'x', 'j.doe': 'y', 'j.doe1': 'z' }).name).toBe('j.doe2');
  });

  it('compares without regard to case, and leaves a person the name it has', () => {
    expect(generate(generator(['$fn']), { john: 'me' }).name).toBe('John');
    expect(() => generate(generator(['$fn']), { john: 'x' })).toThrow('no name was free');
  });

  it('looks several names up at once', () => {
    const taken = Object.fromEntries(
      ['jdoe', 'j.doe', ...Array.from({ length: 20 }, (_, index) => `j.doe${index + 1}`)].map((name) => [
        name,
        'x',
      ]),
    );
    expect(generate(COUNTED, taken)).toEqual({ name: 'j.doe21', rounds: 3 });
  });

  it('sees what others of the batch were given', () => {
    const book = new NameBook();
    const names = ['a', 'b', 'c'].map((id) => generate(COUNTED, {}, book, id).name);
    expect(names).toEqual(['jdoe', 'j.doe', 'j.doe1']);
    expect(generate(COUNTED, {}, book, 'b').name).toBe('j.doe');
  });

  it('shortens names, but not by their counter', () => {
    const short = generator(['$fn$ln$uniqueCounter'], { cloudMaxSize: '5' });
    expect(generate(short, {}).name).toBe('Johnd');
    expect(generate(short, { johnd: 'x' }).name).toBe('John1');
  });

  it('gives up after as many checks as it may make', () => {
    const taken = { doe: 'x', doe1: 'x', doe2: 'x' };
    expect(generate(generator(['$ln$uniqueCounter'], { cloudMaxUniqueChecks: 4 }), taken).name).toBe('doe3');
    expect(() => generate(generator(['$ln$uniqueCounter'], { cloudMaxUniqueChecks: '3' }), taken)).toThrow(
      'no name was free among the first 3 of the patterns',
    );
  });

  it('fails where a part of the pattern is null', () => {
    const attributes = { patterns: ['$fn'], fn: NULL };
    expect(failure('usernameGenerator', attributes)).toEqual({
      path: 'attributes.patterns[0]',
      reason: '$fn has no value',
    });
  });

  it.each([
    [
      generator(['$ln$uniqueCounter', '$fn']),
      'patterns[0]',
      expect.stringContaining('it has to be the last'),
    ],
    [generator([]), 'patterns', 'must have a pattern'],
    [generator(['$middle']), 'patterns[0]', expect.stringContaining('$middle is no variable')],
    [generator(['$ln'], { cloudMaxUniqueChecks: 51 }), 'cloudMaxUniqueChecks', 'must be at most 50'],
  ])('refuses %j', (definition, key, message) => {
    expect(checkTransform(definition)).toEqual([{ path: `transformDefinition.attributes.${key}`, message }]);
  });
});
