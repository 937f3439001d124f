// Expressions of templates: references with methods, comparisons, arithmetic and texts in quotes.
import { findMethod, item, whole } from './template-methods.ts';
import type { TemplateRun } from './template-run.ts';
import { calculate, isEqual, isTrue, order, RenderError, type TemplateValue } from './template-value.ts';

export type Expression = (run: TemplateRun) => TemplateValue;

/** What an expression needs of the template around it. */
interface Surroundings {
  problem(message: string): never;
  checkName(name: string): void;
  /** Compiles a text in double quotes. */
  template(text: string): (run: TemplateRun) => string;
}

/** Binary operators, the loosest first. */
const LEVELS: readonly (readonly string[])[] = [
  ['||', 'or'],
  ['&&', 'and'],
  ['==', '!=', 'eq', 'ne'],
  ['<=', '>=', '<', '>', 'le', 'ge', 'lt', 'gt'],
  ['+', '-'],
  ['*', '/', '%'],
];
const WORDS: Record<string, string> = {
  or: '||',
  and: '&&',
  eq: '==',
  ne: '!=',
  le: '<=',
  ge: '>=',
  lt: '<',
  gt: '>',
};
const MAX_NESTING = 50;

export class ExpressionParser {
  at: number;
  private readonly text: string;
  private readonly around: Surroundings;
  private nesting = 0;

  constructor(text: string, at: number, around: Surroundings) {
    this.text = text;
    this.at = at;
    this.around = around;
  }

  /** `( … )`, as after #if. */
  parenthesised(): Expression {
    this.expect('(');
    const expression = this.binary(0);
    this.expect(')');
    return expression;
  }

  /** `($name = …)`, as after #set. */
  assignment(): { name: string; value: Expression } {
    this.expect('(');
    const found = this.take(/\$(?:\{(\w+)\}|(\w+))\s*=(?!=)/y);
    const name = found?.[1] ?? found?.[2];
    if (name === undefined)
      return this.around.problem('has a #set that is not of the form #set($name = value)');
    const value = this.binary(0);
    this.expect(')');
    return { name, value };
  }

  /** A reference, with the methods called on it. Text right behind it stays unread. */
  reference(): Expression {
    const found = this.here(/\$!?(\{)?([a-zA-Z_]\w*)/y);
    const name = found?.[2];
    if (name === undefined) return this.around.problem('has a reference that is not well formed');
    this.around.checkName(name);
    let value: Expression = (run) => run.get(name);
    for (let next = this.link(value, name); next !== null; next = this.link(value, name)) value = next;
    if (found?.[1] !== undefined && this.here(/\}/y) === null)
      this.around.problem(`has a reference \${${name} that is not closed`);
    return value;
  }

  private link(target: Expression, name: string): Expression | null {
    if (this.here(/\[/y)) {
      const index = this.binary(0);
      this.expect(']');
      return (run) => {
        const list = target(run);
        if (!Array.isArray(list)) throw new RenderError(`$${name} is no list`);
        return item(list as readonly string[], whole(index(run)));
      };
    }
    const method = this.here(/\.([a-zA-Z]\w*)(\()?/y);
    if (method === null) return null;
    if (method[2] === undefined)
      return this.around.problem(
        `'$${name}.${method[1]}' names a property; write \${${name}} where text follows`,
      );
    const literals: (TemplateValue | undefined)[] = [];
    const args = this.args(literals);
    const call = findMethod(method[1] as string, literals);
    if (typeof call !== 'function') return this.around.problem(call.problem);
    return (run) =>
      call(
        target(run),
        args.map((arg) => arg(run)),
      );
  }

  private args(literals: (TemplateValue | undefined)[]): Expression[] {
    const args: Expression[] = [];
    if (this.take(/\)/y)) return args;
    do {
      const quoted = this.take(/(?:'([^']*)'|"([^"$#]*)")(?=\s*[,)])/y);
      const literal = quoted?.[1] ?? quoted?.[2];
      literals.push(literal);
      args.push(literal === undefined ? this.binary(0) : () => literal);
    } while (this.take(/,/y));
    this.expect(')');
    return args;
  }

  private binary(level: number): Expression {
    const operators = LEVELS[level];
    if (operators === undefined) return this.unary();
    let left = this.binary(level + 1);
    for (let operator = this.operator(operators); operator !== null; operator = this.operator(operators)) {
      left = combine(operator, left, this.binary(level + 1));
    }
    return left;
  }

  private operator(operators: readonly string[]): string | null {
    this.skipSpace();
    for (const operator of operators) {
      if (!this.text.startsWith(operator, this.at)) continue;
      const after = this.text[this.at + operator.length] ?? '';
      if (/\w/.test(operator) && /\w/.test(after)) continue;
      this.at += operator.length;
      return WORDS[operator] ?? operator;
    }
    return null;
  }

  private unary(): Expression {
    this.nesting += 1;
    if (this.nesting > MAX_NESTING)
      this.around.problem(`expressions are nested more than ${MAX_NESTING} deep`);
    const expression = this.operand();
    this.nesting -= 1;
    return expression;
  }

  private operand(): Expression {
    if (this.take(/!(?!=)|not\b/y)) {
      const negated = this.unary();
      return (run) => !isTrue(negated(run));
    }
    this.skipSpace();
    if (this.text[this.at] === '(') return this.parenthesised();
    if (this.text[this.at] === '$') return this.reference();
    const number = this.take(/-?\d{1,15}(?:\.\d{1,15})?/y);
    if (number) return constant(Number(number[0]));
    const word = this.take(/(true|false|null)\b/y);
    if (word) return constant(word[1] === 'null' ? null : word[1] === 'true');
    const single = this.take(/'([^']*)'/y);
    if (single) return constant(single[1] as string);
    const double = this.take(/"([^"]*)"/y);
    if (double) return this.around.template(double[1] as string);
    return this.around.problem(
      `has an expression that cannot be read at '${this.text.slice(this.at, this.at + 20)}'`,
    );
  }

  private expect(sign: string): void {
    this.skipSpace();
    if (this.text[this.at] !== sign)
      this.around.problem(`lacks '${sign}' at '${this.text.slice(this.at, this.at + 20)}'`);
    this.at += 1;
  }

  private skipSpace(): void {
    while (/\s/.test(this.text[this.at] ?? '')) this.at += 1;
  }

  private take(pattern: RegExp): RegExpExecArray | null {
    this.skipSpace();
    return this.here(pattern);
  }

  private here(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found !== null) this.at = pattern.lastIndex;
    return found;
  }
}

function constant(value: TemplateValue): Expression {
  return () => value;
}

function combine(operator: string, left: Expression, right: Expression): Expression {
  switch (operator) {
    case '||':
      return (run) => isTrue(left(run)) || isTrue(right(run));
    case '&&':
      return (run) => isTrue(left(run)) && isTrue(right(run));
    case '==':
      return (run) => isEqual(left(run), right(run));
    case '!=':
      return (run) => !isEqual(left(run), right(run));
    case '<':
      return (run) => order(left(run), right(run)) < 0;
    case '>':
      return (run) => order(left(run), right(run)) > 0;
    case '<=':
      return (run) => order(left(run), right(run)) <= 0;
    case '>=':
      return (run) => order(left(run), right(run)) >= 0;
    default:
      return (run) => calculate(operator, left(run), right(run));
  }
}
