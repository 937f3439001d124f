// Transforms that choose: static with its templates, conditional, firstValid, lookup, reference.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of Velocity look so.
import { describe, expect, it } from '@jest/globals';
import { checkTransform, compileTransform } from '../../../../domain/transforms/compile-transform.ts';
import { MAX_VALUE } from '../../../../domain/transforms/limits.ts';
import { account, failure, hr, NULL, transformed, transformScope } from '../../../support/transforms.ts';

describe('static', () => {
  it.each([
    ['Employee', {}, 'Employee'],
    ['$workerType', { workerType: hr('empType') }, 'Contractor'],
    [
      "#if($workerType=='Employee')Full-Time#{else}Contingent#end",
      { workerType: hr('empType') },
      'Contingent',
    ],
    ['#if($a)T#{else}F#end', { a: '' }, 'T'],
    ['#if($a)T#{else}F#end', { a: NULL }, 'F'],
    ["#if($a == 'x' && !($b eq 'y'))1#elseif($b == 'y')2#{else}3#end", { a: 'x', b: 'y' }, '2'],
    ['#if(true)\nA\n#end\nB\n#set($x = 1)\nC', {}, 'A\nB\nC'],
    ['#if("1" == 1)T#{else}F#end', {}, 'T'],
    ['#if($n >= 10 || $n < 2)T#{else}F#end', { n: '9' }, 'F'],
    ['#set($n = 2 + 3 * 2)$n', {}, '8'],
    ['#set($n = "Ada")#set($m = "Hi $n")$m', {}, 'Hi Ada'],
    [
      '$a.substring(0, 3).toUpperCase()|$a.replaceAll("[aeiou]", "_")|$a.split(",").size()',
      { a: 'banana,x' },
      'BAN|b_n_n_,x|2',
    ],
    ["${a.split(',')[1]}$a.length()", { a: 'banana,x' }, 'x8'],
    ['a$!x b', { x: '' }, 'a b'],
    ['$a.$b@x.org', { a: 'ann', b: 'lee' }, 'ann.lee@x.org'],
    ['${a}nie costs $5, \\$a', { a: 'An' }, 'Annie costs $5, $a'],
    ['#1 ## a comment', {}, '#1 '],
    ['a#* b *#c', {}, 'ac'],
    ['$oldValue!', {}, 'before!'],
    ["#if($s.startsWith('SVC') || $s.contains('-adm'))service#{else}person#end", { s: 'x-adm' }, 'service'],
  ])('%s with %j', (value, variables, output) => {
    const scope = { accounts: [account({ empType: 'Contractor' })], oldValue: 'before' };
    expect(transformed('static', { value, ...variables }, scope)).toBe(output);
  });

  it.each([
    ['a$x b', { x: NULL }, '$x has no value'],
    ['a$!x b', { x: NULL }, '$!x has no value'],
    ['#set($x = null)$x', {}, '$x has no value'],
    ['$a.substring(0, 10)', { a: 'abc' }, 'begin 0, end 10, but the text has 3 characters'],
    ['$a.split(",").get(2)', { a: 'b,c' }, 'there is no item 2 among 2'],
    ['#if($a > 1)x#end', { a: 'b' }, "'b' is no number"],
    ['#set($n = 1 / 0)$n', {}, 'division by zero'],
  ])('%s with %j fails', (value, variables, reason) => {
    expect(failure('static', { value, ...variables })).toEqual({ path: 'attributes.value', reason });
  });

  it.each([
    [
      '$nope',
      "$nope is no variable of this transform; add an attribute 'nope', or write \\$nope for the text itself",
    ],
    ['$identity.getManager().getId()', expect.stringContaining('$identity is not served')],
    ['#foreach($i in [1..3])$i#end', '#foreach is not served in templates'],
    ['#if(true)x', 'has an #if without an #end'],
    ['x#end', 'has an #end without an #if'],
    ['#if(true)x#elseContingent#end', expect.stringContaining('write #{else}')],
    ['#if(true x#end', expect.stringContaining("lacks ')'")],
    ['$a.getClass()', expect.stringContaining('the method getClass() is not served')],
    ['$a.constructor', expect.stringContaining('names a property')],
    ["$a.replaceAll('(?=x)', '')", expect.stringContaining('RE2')],
    ['$a.replaceAll($b, "x")', expect.stringContaining('texts in quotes')],
    ['$a.substring()', 'substring() does not take 0 arguments'],
    ['#set(x = 1)', 'has a #set that is not of the form #set($name = value)'],
  ])('refuses the template %s', (value, message) => {
    const problems = checkTransform({ type: 'static', attributes: { value, a: 'x', b: 'y' } });
    expect(problems).toEqual([{ path: 'transformDefinition.attributes.value', message }]);
  });

  it.each(['#if("$a$a" == "x")1#end', "#if($a + $a == 'x')1#end", '$a.concat($a).length()', '$a$a'])(
    'makes no text that is too long on the way: %s',
    (value) => {
      const reason = expect.stringContaining('the text is too long');
      const a = 'a'.repeat(MAX_VALUE / 2 + 1);
      expect(failure('static', { value, a })).toEqual({ path: 'attributes.value', reason });
    },
  );

  it('computes a variable once, and only where it is named', () => {
    const value = "#if($kind == 'x')$used$used#{else}$failing#end";
    const failing = { type: 'substring', attributes: { input: '', begin: 1 } };
    const used = { type: 'randomNumeric', attributes: { length: 3 } };
    const attributes = {
      value,
      kind: 'x',
      used,
      failing: { type: 'concat', attributes: { values: [failing], input: 'a' } },
    };
    const result = transformed('static', attributes) as string;
    expect(result.slice(0, 3)).toBe(result.slice(3));
  });
});

describe('conditional', () => {
  const attributes = {
    expression: '$department eq Science',
    positiveCondition: '$scienceBuilding',
    negativeCondition: '$adminBuilding',
    department: hr('department'),
    scienceBuilding: { type: 'static', attributes: { value: 'Building S' } },
    adminBuilding: { type: 'static', attributes: { value: 'Building A' } },
  };
  it.each([
    ['Science', 'Building S'],
    ['science', 'Building A'],
  ])('department %s', (department, output) => {
    expect(transformed('conditional', attributes, { accounts: [account({ department })] })).toBe(output);
  });

  it('fails where an operand is null', () => {
    const reason = '$department has no value';
    expect(failure('conditional', attributes)).toEqual({ path: 'attributes.expression', reason });
  });

  it.each(['a ne b', 'a', 'a eq b eq c', ' eq b'])('refuses the expression %j', (expression) => {
    expect(checkTransform({ type: 'conditional', attributes: { ...attributes, expression } })).toEqual([
      {
        path: 'transformDefinition.attributes.expression',
        message: "must be of the form 'ValueA eq ValueB'; eq is the one comparison there is",
      },
    ]);
  });
});

describe('firstValid', () => {
  const failing = { type: 'static', attributes: { value: '$x', x: NULL } };
  it.each([
    [{ values: [NULL, null, hr('mail'), 'none'] }, 'a@x.org'],
    [{ values: [hr('phone'), { type: 'static', attributes: { value: 'none' } }] }, 'none'],
    [{ values: [NULL, NULL] }, null],
    [{ values: [NULL, ''] }, ''],
    [{ values: [failing, 'else'], ignoreErrors: 'true' }, 'else'],
  ])('%j', (attributes, output) => {
    expect(transformed('firstValid', attributes, { accounts: [account({ mail: 'a@x.org' })] })).toBe(output);
  });

  it('passes an error on, with its path, unless errors are ignored', () => {
    expect(failure('firstValid', { values: ['', failing].reverse() })).toEqual({
      path: 'attributes.values[0].attributes.value',
      reason: '$x has no value',
    });
  });
});

describe('lookup', () => {
  const table = { '512': 'Austin', '281': 'Houston', default: 'Unknown Area' };
  it.each([
    ['512', 'Austin'],
    ['999', 'Unknown Area'],
    ['constructor', 'Unknown Area'],
    [NULL, 'Unknown Area'],
  ])('%j', (input, output) => {
    expect(transformed('lookup', { input, table })).toBe(output);
  });

  it('fails where nothing is found and there is no default', () => {
    const reason = "the table has no entry for 'XX' and no default";
    expect(failure('lookup', { input: 'XX', table: { US: 'United States' } })).toEqual({ path: '', reason });
  });
});

describe('reference', () => {
  const named = new Map<string, unknown>([
    ['Clean', { name: 'Clean', type: 'trim', attributes: { input: { type: 'lower' } } }],
    ['A', { type: 'concat', attributes: { values: [{ type: 'reference', attributes: { id: 'B' } }] } }],
    ['B', { type: 'reference', attributes: { id: 'A' } }],
    ['Wide', { type: 'concat', attributes: { values: Array(1_000).fill({ type: 'uuid' }) } }],
  ]);
  const refer = (id: string, input?: unknown) => ({ type: 'reference', attributes: { id, input } });

  it('hands its input to the transform that it names', () => {
    const compiled = compileTransform(refer('Clean', ' Ann '), { named });
    expect(compiled.evaluate(transformScope())).toBe('ann');
  });

  it('names the place inside the transform that failed', () => {
    const bad = new Map([
      ['Cut', { type: 'lower', attributes: { input: { type: 'substring', attributes: { begin: 9 } } } }],
    ]);
    const compiled = compileTransform(refer('Cut', 'abc'), { named: bad });
    expect(() => compiled.evaluate(transformScope())).toThrow(
      expect.objectContaining({ path: "attributes.id('Cut').attributes.input" }),
    );
  });

  it.each([
    [refer('Nobody'), 'attributes.id', "there is no transform named 'Nobody'"],
    [
      refer('Clean'),
      "attributes.id('Clean').attributes.input.attributes.input",
      expect.stringContaining('is missing'),
    ],
    [
      refer('A'),
      "attributes.id('A').attributes.values[0].attributes.id('B').attributes.id",
      "'A' refers to itself, by way of A → B → A",
    ],
    [
      refer('Wide'),
      expect.stringContaining("attributes.id('Wide')"),
      expect.stringContaining('more than 1000 transforms'),
    ],
  ])('refuses %j', (definition, path, message) => {
    const problems = checkTransform(definition, { path: '', named });
    expect(problems).toEqual([{ path, message }]);
  });

  it('checks a transform that is there to be referred to', () => {
    expect(checkTransform(named.get('Clean'), { hasInput: true })).toEqual([]);
    expect(checkTransform(named.get('Clean'))).toHaveLength(1);
  });
});
