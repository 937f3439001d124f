// The methods of Java's String that templates may call on a value, with Java's rules; nothing else can be called.
import { MAX_REPLACED } from '../limits.ts';
import { compileRegularExpression, type RegularExpression } from '../regular-expression.ts';
import { bounded, RenderError, type TemplateValue } from './template-value.ts';

type Method = (target: never, args: TemplateValue[]) => TemplateValue;

interface Signature {
  least: number;
  most: number;
  call: Method;
}

const TEXT_METHODS = new Map<string, Signature>([
  ['length', text(0, 0, (target) => target.length)],
  ['isEmpty', text(0, 0, (target) => target === '')],
  ['toUpperCase', text(0, 0, (target) => target.toUpperCase())],
  ['toLowerCase', text(0, 0, (target) => target.toLowerCase())],
  ['trim', text(0, 0, (target) => target.trim())],
  ['toString', text(0, 0, (target) => target)],
  ['equals', text(1, 1, (target, [other]) => target === other)],
  ['equalsIgnoreCase', text(1, 1, (target, [other]) => target.toLowerCase() === string(other).toLowerCase())],
  ['startsWith', text(1, 1, (target, [other]) => target.startsWith(string(other)))],
  ['endsWith', text(1, 1, (target, [other]) => target.endsWith(string(other)))],
  ['contains', text(1, 1, (target, [other]) => target.includes(string(other)))],
  ['indexOf', text(1, 1, (target, [other]) => target.indexOf(string(other)))],
  ['lastIndexOf', text(1, 1, (target, [other]) => target.lastIndexOf(string(other)))],
  ['concat', text(1, 1, (target, [other]) => bounded(target + string(other)))],
  ['charAt', text(1, 1, (target, [at]) => part(target, whole(at), whole(at) + 1))],
  [
    'substring',
    text(1, 2, (target, [begin, end]) =>
      part(target, whole(begin), end === undefined ? target.length : whole(end)),
    ),
  ],
  ['replace', text(2, 2, (target, [from, to]) => replace(target, string(from), string(to)))],
]);

const LIST_METHODS = new Map<string, Signature>([
  ['size', list(0, 0, (target) => target.length)],
  ['isEmpty', list(0, 0, (target) => target.length === 0)],
  ['get', list(1, 1, (target, [at]) => item(target, whole(at)))],
  ['contains', list(1, 1, (target, [other]) => target.includes(string(other)))],
]);

/** Methods whose first argument is a pattern; it has to stand in the template, so that it is compiled once. */
const PATTERN_METHODS = new Map<
  string,
  { args: number; call: (regex: RegularExpression, target: string, to: string) => TemplateValue }
>([
  ['replaceAll', { args: 2, call: (regex, target, to) => regex.replaceAll(target, to) }],
  ['split', { args: 1, call: (regex, target) => regex.split(target) }],
  ['matches', { args: 1, call: (regex, target) => regex.matches(target) }],
]);

type MethodCall = (target: TemplateValue, args: TemplateValue[]) => TemplateValue;

/** The method, or why it cannot be called so. `literals` has the arguments that stand in the template itself. */
export function findMethod(
  name: string,
  literals: readonly (TemplateValue | undefined)[],
): MethodCall | { problem: string } {
  const pattern = PATTERN_METHODS.get(name);
  if (pattern !== undefined) return patternMethod(name, pattern, literals);
  const ofText = TEXT_METHODS.get(name);
  const ofList = LIST_METHODS.get(name);
  if (ofText === undefined && ofList === undefined) {
    const known = [...new Set([...TEXT_METHODS.keys(), ...PATTERN_METHODS.keys(), ...LIST_METHODS.keys()])];
    return { problem: `the method ${name}() is not served; these are: ${known.join(', ')}` };
  }
  const count = literals.length;
  const fits = [ofText, ofList].filter((one) => one !== undefined && count >= one.least && count <= one.most);
  if (fits.length === 0) return { problem: `${name}() does not take ${count} arguments` };
  return (target, args) => {
    const signature = Array.isArray(target) ? ofList : ofText;
    if (signature === undefined || target === null)
      throw new RenderError(`${name}() is called on nothing it is for`);
    return signature.call((Array.isArray(target) ? target : String(target)) as never, args);
  };
}

function patternMethod(
  name: string,
  {
    args,
    call,
  }: { args: number; call: (regex: RegularExpression, target: string, to: string) => TemplateValue },
  literals: readonly (TemplateValue | undefined)[],
): MethodCall | { problem: string } {
  if (literals.length !== args) return { problem: `${name}() takes ${args} arguments` };
  const [pattern, to] = literals;
  if (typeof pattern !== 'string' || (args === 2 && typeof to !== 'string'))
    return { problem: `the arguments of ${name}() are texts in quotes, without references` };
  const regex = compileRegularExpression(pattern);
  if ('problem' in regex) return { problem: `'${pattern}' ${regex.problem}` };
  const replacement = typeof to === 'string' ? to : '';
  const problem = regex.replacementProblem(replacement);
  if (problem !== null) return { problem };
  return (target) => {
    if (target === null || Array.isArray(target)) throw new RenderError(`${name}() is called on no text`);
    return call(regex, String(target), replacement);
  };
}

function text(
  least: number,
  most: number,
  call: (target: string, args: TemplateValue[]) => TemplateValue,
): Signature {
  return { least, most, call };
}

function list(
  least: number,
  most: number,
  call: (target: readonly string[], args: TemplateValue[]) => TemplateValue,
): Signature {
  return { least, most, call };
}

/** One of a list; Java's rule for what lies outside is an error. */
export function item(values: readonly string[], at: number): string {
  const value = values[at];
  if (value === undefined) throw new RenderError(`there is no item ${at} among ${values.length}`);
  return value;
}

/** A whole number, as an index has to be. */
export function whole(value: TemplateValue | undefined): number {
  if (typeof value === 'number' && Number.isInteger(value)) return value;
  throw new RenderError('an index is no whole number');
}

function string(value: TemplateValue | undefined): string {
  if (value === null || value === undefined || Array.isArray(value))
    throw new RenderError('an argument is no text');
  return String(value);
}

function replace(target: string, from: string, to: string): string {
  if ((target.length + 1) * (to.length + 1) > MAX_REPLACED) throw new RenderError('the texts are too long');
  return target.replaceAll(from, () => to);
}

function part(target: string, begin: number, end: number): string {
  if (begin < 0 || end > target.length || begin > end)
    throw new RenderError(`begin ${begin}, end ${end}, but the text has ${target.length} characters`);
  return target.slice(begin, end);
}
