// Reads the part of Velocity's language that profiles need: references, #if, #set and comments. Loops, macros and
// objects other than text are refused, so a template can do no more than make text out of values.
import type { Evaluate } from '../transform-kind.ts';
import { type Expression, ExpressionParser } from './template-expression.ts';
import { OLD_VALUE, type TemplateRun } from './template-run.ts';
import { bounded, isTrue, printed } from './template-value.ts';

/** The template uses what is not served, or is not well formed. The message follows a path. */
export class TemplateProblem extends Error {}

type Render = (run: TemplateRun) => string;

/** What ends a block of text. */
type Ending = 'end of text' | 'end' | 'else' | 'elseif';

const DIRECTIVE = /#(?:\{([a-zA-Z]+)\}|([a-zA-Z]+))/y;
const REFERENCE = /\$!?\{?[a-zA-Z_]/y;
const DIRECTIVES = new Set(['if', 'elseif', 'else', 'end', 'set']);
const REFUSED = new Set(['foreach', 'macro', 'parse', 'include', 'evaluate', 'define', 'stop', 'break']);
const MAX_NESTING = 50;
/** Objects of the vendor's template context that nothing here stands for. */
const VENDOR_OBJECTS = new Set(['identity', 'attributeDefinition', 'field', 'application', 'current']);

export class TemplateParser {
  private readonly text: string;
  private readonly variables: ReadonlyMap<string, Evaluate>;
  private readonly assigned: Set<string>;
  private at = 0;
  private nesting = 0;
  /** Whether what was parsed has a reference, a directive or a comment: without them a text renders to itself. */
  hasMarkup = false;

  constructor(text: string, variables: ReadonlyMap<string, Evaluate>) {
    this.text = text;
    this.variables = variables;
    this.assigned = new Set(
      [...text.matchAll(/#\{?set\}?\s*\(\s*\$\{?(\w+)/g)].map((found) => found[1] as string),
    );
  }

  /** The whole template. Throws TemplateProblem. */
  parse(): Render {
    const { render, ending } = this.block();
    if (ending !== 'end of text') throw new TemplateProblem(`has an #${ending} without an #if`);
    return render;
  }

  private block(): { render: Render; ending: Ending } {
    this.nesting += 1;
    if (this.nesting > MAX_NESTING) throw new TemplateProblem(`#if is nested more than ${MAX_NESTING} deep`);
    const parts: (string | Render)[] = [];
    let ending: Ending = 'end of text';
    while (this.at < this.text.length) {
      const found = this.part(parts);
      if (found !== null) {
        ending = found;
        break;
      }
    }
    this.nesting -= 1;
    return { render: joined(parts), ending };
  }

  /** Reads the next piece; the ending where that is what comes next. */
  private part(parts: (string | Render)[]): Ending | null {
    const { text, at } = this;
    const special = nextSpecial(text, at);
    if (special > at) {
      parts.push(text.slice(at, special));
      this.at = special;
      return null;
    }
    if (text[at] === '\\') parts.push(this.escaped());
    else if (text[at] === '$') parts.push(this.reference());
    else if (text[at + 1] === '#' || text[at + 1] === '*') this.comment();
    else return this.directive(parts);
    return null;
  }

  /** `\$name` and `\#if` stand for themselves. */
  private escaped(): string {
    const next = this.at + 1;
    const escapes = this.matches(REFERENCE, next) || this.matches(DIRECTIVE, next);
    this.at += escapes ? 2 : 1;
    return escapes ? (this.text[next] as string) : '\\';
  }

  private comment(): void {
    this.hasMarkup = true;
    const line = this.text[this.at + 1] === '#';
    const end = this.text.indexOf(line ? '\n' : '*#', this.at + 2);
    if (end < 0 && !line) throw new TemplateProblem('has a comment #* that is not closed');
    this.at = end < 0 ? this.text.length : end + (line ? 1 : 2);
  }

  private reference(): string | Render {
    if (!this.matches(REFERENCE, this.at)) {
      this.at += 1;
      return '$';
    }
    this.hasMarkup = true;
    const parser = new ExpressionParser(this.text, this.at, this.context());
    const reference = parser.reference();
    const source = this.text.slice(this.at, parser.at);
    this.at = parser.at;
    return (run) => printed(reference(run), source);
  }

  private directive(parts: (string | Render)[]): Ending | null {
    DIRECTIVE.lastIndex = this.at;
    const found = DIRECTIVE.exec(this.text);
    const word = found?.[1] ?? found?.[2];
    if (found === null || word === undefined || !this.isDirective(word)) {
      parts.push('#');
      this.at += 1;
      return null;
    }
    this.hasMarkup = true;
    const start = this.at;
    this.at = DIRECTIVE.lastIndex;
    if (word === 'set') parts.push(this.assignment());
    else if (word === 'if') {
      const condition = this.condition();
      this.skipLine(start, parts);
      parts.push(this.choice(condition));
      return null;
    } else if (word !== 'elseif') {
      this.skipLine(start, parts);
      return word as Ending;
    } else return 'elseif';
    this.skipLine(start, parts);
    return null;
  }

  private isDirective(word: string): boolean {
    if (DIRECTIVES.has(word)) return true;
    if (REFUSED.has(word)) throw new TemplateProblem(`#${word} is not served in templates`);
    if (/^(?:if|else|end|set)/.test(word))
      throw new TemplateProblem(
        `'#${word}' is no directive; write #{else} where text follows without a space`,
      );
    return false;
  }

  private choice(first: Expression): Render {
    const branches: { condition: Expression; render: Render }[] = [];
    let otherwise: Render = () => '';
    let condition: Expression | null = first;
    for (;;) {
      const { render, ending }: { render: Render; ending: Ending } = this.block();
      if (condition === null) otherwise = render;
      else branches.push({ condition, render });
      if (ending === 'end') break;
      if (ending === 'end of text') throw new TemplateProblem('has an #if without an #end');
      if (condition === null) throw new TemplateProblem(`has an #${ending} after #else`);
      condition = ending === 'elseif' ? this.condition() : null;
      if (ending === 'elseif') this.skipLine(this.at, []);
    }
    return (run) => {
      for (const branch of branches) if (isTrue(branch.condition(run))) return branch.render(run);
      return otherwise(run);
    };
  }

  private condition(): Expression {
    const parser = new ExpressionParser(this.text, this.at, this.context());
    const condition = parser.parenthesised();
    this.at = parser.at;
    return condition;
  }

  private assignment(): Render {
    const parser = new ExpressionParser(this.text, this.at, this.context());
    const { name, value } = parser.assignment();
    this.at = parser.at;
    return (run) => {
      run.set(name, value(run));
      return '';
    };
  }

  /** A directive that stands alone on its line takes the line's spaces and end with it. */
  private skipLine(start: number, parts: (string | Render)[]): void {
    const rest = /[ \t]*\r?\n/y;
    rest.lastIndex = this.at;
    if (!rest.test(this.text)) return;
    this.at = rest.lastIndex;
    const before = parts.at(-1);
    const lineStart = this.text.lastIndexOf('\n', start - 1) + 1;
    if (typeof before === 'string' && this.text.slice(lineStart, start).trim() === '')
      parts[parts.length - 1] = before.slice(0, Math.max(0, before.length - (start - lineStart)));
  }

  private context() {
    return {
      problem: (message: string): never => {
        throw new TemplateProblem(message);
      },
      checkName: (name: string) => this.checkName(name),
      template: (text: string): Render => new TemplateParser(text, this.known()).parse(),
    };
  }

  /** What a template in quotes inside this one may name: values are found by name when it is rendered. */
  private known(): ReadonlyMap<string, Evaluate> {
    const known = new Map(this.variables);
    for (const name of this.assigned) if (!known.has(name)) known.set(name, () => null);
    return known;
  }

  private checkName(name: string): void {
    if (this.variables.has(name) || this.assigned.has(name) || name === OLD_VALUE) return;
    throw new TemplateProblem(
      VENDOR_OBJECTS.has(name)
        ? `$${name} is not served in templates; read values with accountAttribute or identityAttribute as a variable`
        : `$${name} is no variable of this transform; add an attribute '${name}', or write \\$${name} for the text itself`,
    );
  }

  private matches(pattern: RegExp, at: number): boolean {
    pattern.lastIndex = at;
    return pattern.test(this.text);
  }
}

function nextSpecial(text: string, from: number): number {
  for (let at = from; at < text.length; at += 1)
    if (text[at] === '$' || text[at] === '#' || text[at] === '\\') return at;
  return text.length;
}

function joined(parts: (string | Render)[]): Render {
  const only = parts[0];
  if (parts.length === 0) return () => '';
  if (parts.length === 1) return typeof only === 'string' ? () => only : (only as Render);
  const renders = parts.map((part) => (typeof part === 'string' ? () => part : part));
  return (run) => {
    let all = '';
    for (const render of renders) all = bounded(all + render(run));
    return all;
  };
}
