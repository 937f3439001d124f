// Filters over a person's accounts, as accountFilter and accountPropertyFilter write them.
import { attributeTexts } from './attribute-text.ts';
import type { TransformAccount } from './transform-kind.ts';

export type AccountPredicate = (account: TransformAccount) => boolean;

/** What accountFilter may name: what is known of every account without its attributes. */
const SEARCHABLE = new Map<string, (account: TransformAccount) => readonly string[]>([
  ['nativeIdentity', (account) => attributeTexts(account.nativeIdentity)],
  ['displayName', (account) => attributeTexts(account.displayName)],
  ['entitlements', (account) => [String(account.entitlements)]],
]);

/** Whether filters know it of every account, also of one that has no such attribute. */
export function isAccountProperty(name: string): boolean {
  return SEARCHABLE.has(name);
}

const MAX_NESTING = 50;
const TOKEN =
  /\s*(?:(&&|\|\||==|!=|<=|>=|[<>!(){},.])|"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|(-?\d+(?:\.\d+)?)(?![\w.])|([A-Za-z_][\w-]*))/y;

interface Token {
  kind: 'sign' | 'text' | 'word';
  value: string;
}

class FilterProblem extends Error {}

type Method = (values: readonly string[], args: readonly string[]) => boolean;

const lower = (text: string | undefined) => (text ?? '').toLowerCase();
const METHODS = new Map<string, { args: 'none' | 'one' | 'list'; holds: Method }>([
  [
    'startsWith',
    { args: 'one', holds: (values, [text]) => values.some((one) => one.startsWith(text as string)) },
  ],
  [
    'startsWithIgnoreCase',
    { args: 'one', holds: (values, [text]) => values.some((one) => lower(one).startsWith(lower(text))) },
  ],
  [
    'endsWith',
    { args: 'one', holds: (values, [text]) => values.some((one) => one.endsWith(text as string)) },
  ],
  [
    'endsWithIgnoreCase',
    { args: 'one', holds: (values, [text]) => values.some((one) => lower(one).endsWith(lower(text))) },
  ],
  [
    'contains',
    { args: 'one', holds: (values, [text]) => values.some((one) => one.includes(text as string)) },
  ],
  [
    'containsIgnoreCase',
    { args: 'one', holds: (values, [text]) => values.some((one) => lower(one).includes(lower(text))) },
  ],
  ['containsAll', { args: 'list', holds: (values, texts) => texts.every((text) => values.includes(text)) }],
  ['in', { args: 'list', holds: (values, texts) => values.some((one) => texts.includes(one)) }],
  ['isNull', { args: 'none', holds: (values) => values.length === 0 }],
  ['notNull', { args: 'none', holds: (values) => values.length > 0 }],
  ['isEmpty', { args: 'none', holds: (values) => values.length === 0 }],
]);

/**
 * Compiles a filter, and lists the account attributes it reads; or says in a sentence what is wrong with it.
 * `searchable` allows only nativeIdentity, displayName and entitlements, as accountFilter does.
 */
export function compileAccountFilter(
  expression: string,
  searchable: boolean,
): { accepts: AccountPredicate; reads: string[] } | { problem: string } {
  try {
    const parser = new FilterParser(tokens(expression), searchable);
    return { accepts: parser.whole(), reads: [...parser.reads] };
  } catch (error) {
    if (error instanceof FilterProblem) return { problem: error.message };
    throw error;
  }
}

function tokens(expression: string): Token[] {
  const all: Token[] = [];
  for (let at = 0; expression.slice(at).trim() !== ''; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(expression);
    if (found === null) throw new FilterProblem(`cannot be read from '${expression.slice(at, at + 20)}' on`);
    const [, sign, double, single, number, word] = found;
    const text = double ?? single;
    if (text !== undefined) all.push({ kind: 'text', value: text.replace(/\\(.)/g, '$1') });
    else if (number !== undefined) all.push({ kind: 'text', value: number });
    else if (word !== undefined) all.push({ kind: 'word', value: word });
    else all.push({ kind: 'sign', value: sign as string });
  }
  return all;
}

class FilterParser {
  readonly reads = new Set<string>();
  private readonly all: Token[];
  private readonly searchable: boolean;
  private at = 0;
  private nesting = 0;

  constructor(all: Token[], searchable: boolean) {
    this.all = all;
    this.searchable = searchable;
  }

  whole(): AccountPredicate {
    const predicate = this.either();
    if (this.at < this.all.length) throw new FilterProblem(`has '${this.all[this.at]?.value}' after its end`);
    return predicate;
  }

  private either(): AccountPredicate {
    let left = this.both();
    while (this.sign('||')) {
      const [first, second] = [left, this.both()];
      left = (account) => first(account) || second(account);
    }
    return left;
  }

  private both(): AccountPredicate {
    let left = this.single();
    while (this.sign('&&')) {
      const [first, second] = [left, this.single()];
      left = (account) => first(account) && second(account);
    }
    return left;
  }

  private single(): AccountPredicate {
    this.nesting += 1;
    if (this.nesting > MAX_NESTING) throw new FilterProblem(`is nested more than ${MAX_NESTING} deep`);
    const predicate = this.operand();
    this.nesting -= 1;
    return predicate;
  }

  private operand(): AccountPredicate {
    if (this.sign('!')) {
      const negated = this.single();
      return (account) => !negated(account);
    }
    if (this.sign('(')) {
      const inner = this.either();
      this.expect(')');
      return inner;
    }
    return this.comparison();
  }

  private comparison(): AccountPredicate {
    const values = this.property();
    if (this.sign('.')) return this.method(values);
    const operator = this.next();
    if (operator.kind !== 'sign' || !/^(?:==|!=|<=|>=|<|>)$/.test(operator.value))
      throw new FilterProblem(`has '${operator.value}' where a comparison (==, !=, <, <=, >, >=) belongs`);
    const text = this.literal();
    const compare = comparisonOf(operator.value, text);
    return (account) => compare(values(account));
  }

  private property(): (account: TransformAccount) => readonly string[] {
    const { kind, value } = this.next();
    if (kind !== 'word') throw new FilterProblem(`has '${value}' where the name of an attribute belongs`);
    const known = SEARCHABLE.get(value);
    if (this.searchable) {
      if (known === undefined)
        throw new FilterProblem(
          `names '${value}'; accountFilter can name ${[...SEARCHABLE.keys()].join(', ')}, accountPropertyFilter any attribute`,
        );
      return known;
    }
    this.reads.add(value);
    return (account) =>
      known !== undefined && !Object.hasOwn(account.attributes, value)
        ? known(account)
        : attributeTexts(account.attributes[value]);
  }

  private method(values: (account: TransformAccount) => readonly string[]): AccountPredicate {
    const { value: name } = this.next();
    const method = METHODS.get(name);
    if (method === undefined)
      throw new FilterProblem(
        `names the method '${name}'; these are served: ${[...METHODS.keys()].join(', ')}`,
      );
    this.expect('(');
    const args = method.args === 'none' ? [] : method.args === 'one' ? [this.literal() ?? ''] : this.list();
    this.expect(')');
    return (account) => method.holds(values(account), args);
  }

  private list(): string[] {
    const texts: string[] = [];
    this.expect('{');
    if (this.sign('}')) return texts;
    do texts.push(this.literal() ?? '');
    while (this.sign(','));
    this.expect('}');
    return texts;
  }

  /** Text, a number, true, false, or null. */
  private literal(): string | null {
    const { kind, value } = this.next();
    if (kind === 'text') return value;
    if (kind === 'word' && (value === 'true' || value === 'false')) return value;
    if (kind === 'word' && value === 'null') return null;
    throw new FilterProblem(`has '${value}' where a value belongs; text stands in quotes`);
  }

  private next(): Token {
    const token = this.all[this.at];
    if (token === undefined) throw new FilterProblem('ends too early');
    this.at += 1;
    return token;
  }

  private sign(value: string): boolean {
    const token = this.all[this.at];
    if (token?.kind !== 'sign' || token.value !== value) return false;
    this.at += 1;
    return true;
  }

  private expect(value: string): void {
    if (!this.sign(value))
      throw new FilterProblem(`lacks '${value}' before '${this.all[this.at]?.value ?? 'its end'}'`);
  }
}

function comparisonOf(operator: string, text: string | null): (values: readonly string[]) => boolean {
  if (operator === '==') return (values) => (text === null ? values.length === 0 : values.includes(text));
  if (operator === '!=') return (values) => (text === null ? values.length > 0 : !values.includes(text));
  if (text === null) throw new FilterProblem(`compares with null by '${operator}'`);
  const holds = (sign: number) =>
    sign === 0 ? operator === '<=' || operator === '>=' : sign < 0 === operator.startsWith('<');
  return (values) => values.some((value) => holds(compareTexts(value, text)));
}

const NUMBER = /^-?\d{1,15}(?:\.\d{1,15})?$/;

/** As numbers where both are, else by code units; negative, zero or positive. No order: 9 < 10 < 1a < 9. */
function compareTexts(left: string, right: string): number {
  if (left === right) return 0;
  if (NUMBER.test(left) && NUMBER.test(right)) return Number(left) - Number(right);
  return left < right ? -1 : 1;
}

/** An order of texts: numbers by their size, before all others. */
export function orderTexts(left: string, right: string): number {
  return Number(NUMBER.test(right)) - Number(NUMBER.test(left)) || compareTexts(left, right);
}
