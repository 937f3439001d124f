// Parses `filters` expressions: SailPoint's V3 standard collection syntax, by recursive descent over its EBNF.
import { FilterError, quoted } from './filter-error.ts';
import { filterTokens, type Token } from './filter-tokens.ts';
import { COMPARISONS, type Comparison, type Filter, RESERVED, type Test, type Value } from './filter-tree.ts';
import { isPath } from './path.ts';

/** UTF-16 units; what Node takes of a URL is 16 KiB. */
export const LONGEST_FILTER = 16_384;
/** How deep parentheses and `not` may nest: every level is one on the stack, here and in SQL. */
export const DEEPEST_FILTER = 50;

const PATH_WANTED = 'a field, not, pr or (';

/**
 * The tree of an expression:
 * ```
 * or = and, {"or", and}; and = unary, {"and", unary}; unary = "not", unary | "(", or, ")" | comparison;
 * comparison = path, ("eq"|"ne"|"gt"|"ge"|"lt"|"le"), value | path, ("co"|"sw"), string
 *            | path, ("in"|"ca"), "(", value, {",", value}, ")" | path, "isnull" | "pr", path;
 * ```
 * Operators are in lower case. An unquoted value that is `and`, `or` or `not` is refused: it is more likely that
 * the value was forgotten.
 * @throws FilterError for everything else.
 */
export function parseFilter(text: string): Filter {
  refuseUnusable(text);
  const parser = new FilterParser(filterTokens(text));
  return parser.whole();
}

function refuseUnusable(text: string): void {
  if (text.length > LONGEST_FILTER)
    throw new FilterError('filters', LONGEST_FILTER, `has more than ${LONGEST_FILTER} characters`);
  const nul = text.indexOf('\u0000');
  if (nul >= 0) throw new FilterError('filters', nul, 'must not contain the character U+0000');
  if (!text.isWellFormed())
    throw new FilterError('filters', firstLoneSurrogate(text), 'must not contain half of a surrogate pair');
}

function firstLoneSurrogate(text: string): number {
  return text.search(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/);
}

class FilterParser {
  private readonly tokens: Token[];
  private next = 0;
  private depth = 0;

  constructor(tokens: Token[]) {
    this.tokens = tokens;
  }

  whole(): Filter {
    const filter = this.or();
    const rest = this.peek();
    if (rest.kind === 'end') return filter;
    throw this.unexpected(rest, rest.kind === ')' ? 'no ( is open here' : 'and, or, or the end was expected');
  }

  private or(): Filter {
    return this.chain('or', () => this.chain('and', () => this.unary()));
  }

  private chain(word: 'and' | 'or', part: () => Filter): Filter {
    const first = part();
    if (!this.isWord(word)) return first;
    const parts = [first];
    while (this.isWord(word)) {
      this.take();
      parts.push(part());
    }
    return { kind: word, parts };
  }

  private unary(): Filter {
    const token = this.peek();
    if (token.kind === '(') return this.deeper(token, () => this.group());
    if (this.isWord('not')) return this.deeper(token, () => ({ kind: 'not', part: this.unary() }));
    return this.comparison();
  }

  /** Takes `opening` and goes one level down. */
  private deeper(opening: Token, inner: () => Filter): Filter {
    if (this.depth === DEEPEST_FILTER)
      throw new FilterError('filters', opening.at, `nests deeper than ${DEEPEST_FILTER} levels`);
    this.depth += 1;
    this.take();
    const filter = inner();
    this.depth -= 1;
    return filter;
  }

  private group(): Filter {
    const filter = this.or();
    const closing = this.take();
    if (closing.kind !== ')') throw this.unexpected(closing, 'and, or, or ) was expected');
    return filter;
  }

  private comparison(): Test {
    if (this.isWord('pr')) return this.present();
    const { text: path, at } = this.path(PATH_WANTED);
    const operator = this.take();
    if (operator.kind === 'word' && operator.text === 'isnull')
      return { kind: 'test', path, operator: 'isnull', values: [], at, operatorAt: operator.at };
    if (operator.kind !== 'word' || !COMPARISONS.includes(operator.text as Comparison))
      throw this.unexpected(operator, `an operator was expected: ${COMPARISONS.join(', ')} or isnull`);
    const name = operator.text as Comparison;
    return { kind: 'test', path, operator: name, values: this.valuesOf(name), at, operatorAt: operator.at };
  }

  private present(): Test {
    const operatorAt = this.take().at;
    const { text: path, at } = this.path('a field');
    return { kind: 'test', path, operator: 'pr', values: [], at, operatorAt };
  }

  private path(wanted: string): Token {
    const token = this.take();
    if (token.kind === 'word' && isPath(token.text) && !RESERVED.includes(token.text)) return token;
    throw this.unexpected(token, `${wanted} was expected`);
  }

  private valuesOf(operator: Comparison): Value[] {
    if (operator === 'in' || operator === 'ca') return this.list(operator);
    const value = this.value();
    if ((operator === 'co' || operator === 'sw') && !value.quoted)
      throw new FilterError(
        'filters',
        value.at,
        `${operator} takes a string in double quotes, not ${quoted(value.text)}`,
      );
    return [value];
  }

  private list(operator: Comparison): Value[] {
    const opening = this.take();
    if (opening.kind !== '(')
      throw this.unexpected(opening, `${operator} takes values in parentheses: ${operator} ("a", "b")`);
    const values = [this.value()];
    for (;;) {
      const token = this.take();
      if (token.kind === ')') return values;
      if (token.kind !== ',') throw this.unexpected(token, ', or ) was expected');
      values.push(this.value());
    }
  }

  private value(): Value {
    const { kind, text, at } = this.take();
    if (kind === 'string') return { text, quoted: true, at };
    if (kind !== 'word') throw this.unexpected({ kind, text, at }, 'a value was expected');
    if (RESERVED.includes(text))
      throw new FilterError('filters', at, `a value was expected, not ${text}; as a value it is in quotes`);
    if (text.startsWith("'"))
      throw new FilterError('filters', at, 'strings are in double quotes, not in single ones');
    return { text, quoted: false, at };
  }

  private isWord(word: string): boolean {
    const token = this.peek();
    return token.kind === 'word' && token.text === word;
  }

  private peek(): Token {
    // The last token is `end`, and nothing takes it and goes on.
    return this.tokens[this.next] as Token;
  }

  private take(): Token {
    const token = this.peek();
    if (token.kind !== 'end') this.next += 1;
    return token;
  }

  private unexpected(token: Token, wanted: string): FilterError {
    const found = token.kind === 'end' ? 'the expression ends' : `${quoted(token.text)} is not possible here`;
    const lower = token.text.toLowerCase();
    const known = [...COMPARISONS, 'isnull', 'pr', ...RESERVED] as readonly string[];
    const hint =
      token.kind === 'word' && lower !== token.text && known.includes(lower)
        ? `; operators are in lower case: ${lower}`
        : '';
    return new FilterError('filters', token.at, `${found}; ${wanted}${hint}`);
  }
}
