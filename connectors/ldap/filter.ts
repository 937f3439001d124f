// Reads search filters as RFC 4515 writes them, and says what is wrong with one before anything is sent.
import {
  AndFilter,
  ApproximateFilter,
  EqualityFilter,
  ExtensibleFilter,
  type Filter,
  GreaterThanEqualsFilter,
  LessThanEqualsFilter,
  NotFilter,
  OrFilter,
  PresenceFilter,
  SubstringFilter,
} from 'ldapts';
import { AppError } from '../../domain/app-error.ts';

const ATTRIBUTE = /(?:[A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)*)(?:;[A-Za-z0-9-]+)*/y;
const EXTENSIBLE = /^([A-Za-z0-9.;-]*)(:dn)?(?::([A-Za-z0-9.-]+))?:=(.*)$/is;
const MAX_DEPTH = 100;
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

class FilterReader {
  private readonly text: string;
  private at = 0;

  constructor(text: string) {
    this.text = text;
  }

  read(): Filter {
    const filter = this.readFilter(0);
    this.skipSpaces();
    if (this.at < this.text.length) this.fail(`nothing may follow the filter at position ${this.at + 1}`);
    return filter;
  }

  private fail(reason: string): never {
    const shown = this.text.length > 300 ? `${this.text.slice(0, 300)}…` : this.text;
    throw new AppError('invalid_filter', `The filter '${shown}' is not valid: ${reason}.`);
  }

  private skipSpaces(): void {
    while (/\s/.test(this.text[this.at] ?? '')) this.at += 1;
  }

  private expect(character: string): void {
    this.skipSpaces();
    if (this.text[this.at] !== character) this.fail(`'${character}' is missing at position ${this.at + 1}`);
    this.at += 1;
  }

  private readFilter(depth: number): Filter {
    if (depth > MAX_DEPTH) this.fail(`it is nested more than ${MAX_DEPTH} deep`);
    this.expect('(');
    this.skipSpaces();
    const operator = this.text[this.at];
    let filter: Filter;
    if (operator === '&' || operator === '|') {
      this.at += 1;
      const filters = this.readList(depth, operator);
      filter = operator === '&' ? new AndFilter({ filters }) : new OrFilter({ filters });
    } else if (operator === '!') {
      this.at += 1;
      filter = new NotFilter({ filter: this.readFilter(depth + 1) });
    } else {
      filter = this.readItem();
    }
    this.expect(')');
    return filter;
  }

  private readList(depth: number, operator: string): Filter[] {
    const filters: Filter[] = [];
    this.skipSpaces();
    while (this.text[this.at] === '(') {
      filters.push(this.readFilter(depth + 1));
      this.skipSpaces();
    }
    if (filters.length === 0) this.fail(`'${operator}' at position ${this.at} needs a filter in parentheses`);
    return filters;
  }

  private readItem(): Filter {
    const start = this.at;
    const end = this.text.indexOf(')', start);
    if (end < 0) this.fail(`the parenthesis before position ${start + 1} is not closed`);
    const item = this.text.slice(start, end);
    const nested = item.indexOf('(');
    if (nested >= 0) this.fail(`'(' at position ${start + nested + 1} must be written \\28 in a value`);
    this.at = end;
    ATTRIBUTE.lastIndex = 0;
    const attribute = ATTRIBUTE.exec(item)?.[0] ?? '';
    const rest = item.slice(attribute.length);
    if (rest.startsWith(':') || attribute === '') return this.readExtensible(item, start);
    const value = rest.slice(2);
    if (rest.startsWith('>=')) return new GreaterThanEqualsFilter({ attribute, value: this.text1(value) });
    if (rest.startsWith('<=')) return new LessThanEqualsFilter({ attribute, value: this.text1(value) });
    if (rest.startsWith('~=')) return new ApproximateFilter({ attribute, value: this.text1(value) });
    if (!rest.startsWith('=')) this.fail(`an attribute name and '=' are expected at position ${start + 1}`);
    return this.readEquality(attribute, rest.slice(1));
  }

  private readEquality(attribute: string, value: string): Filter {
    if (value === '*') return new PresenceFilter({ attribute });
    const parts = value.split('*');
    if (parts.length === 1) return new EqualityFilter({ attribute, value: this.unescape(value) });
    const initial = this.text1(parts[0] as string);
    const final = this.text1(parts.at(-1) as string);
    const any = parts.slice(1, -1).map((part) => this.text1(part));
    if (any.includes('')) this.fail(`'**' in the value of ${attribute} has nothing in between`);
    return new SubstringFilter({ attribute, initial, any, final });
  }

  private readExtensible(item: string, start: number): Filter {
    const [, matchType = '', dn, rule, value = ''] = EXTENSIBLE.exec(item) ?? [];
    if (value === '' && !item.endsWith(':=')) {
      this.fail(`an attribute name and '=' are expected at position ${start + 1}`);
    }
    if (matchType === '' && rule === undefined)
      this.fail(`':=' at position ${start + 1} needs an attribute or a rule`);
    return new ExtensibleFilter({
      matchType,
      dnAttributes: dn !== undefined,
      ...(rule === undefined ? {} : { rule }),
      value: this.text1(value),
    });
  }

  private text1(value: string): string {
    const unescaped = this.unescape(value);
    if (typeof unescaped !== 'string') this.fail('escaped bytes that are not UTF-8 work with = alone');
    return unescaped;
  }

  /** Escaped bytes (`\c3\a4`) are UTF-8 (RFC 4515 section 3); what is not becomes bytes. */
  private unescape(value: string): string | Buffer {
    if (!value.includes('\\')) return value;
    const pieces = value.split('\\');
    const bytes = [Buffer.from(pieces[0] as string)];
    for (const piece of pieces.slice(1)) {
      const hex = piece.slice(0, 2);
      if (!/^[0-9a-f]{2}$/i.test(hex))
        this.fail(`a backslash must be followed by two hex digits, not by '${hex}'`);
      bytes.push(Buffer.from(hex, 'hex'), Buffer.from(piece.slice(2)));
    }
    const all = Buffer.concat(bytes);
    try {
      return strictUtf8.decode(all);
    } catch {
      return all;
    }
  }
}

/**
 * Reads a search filter (RFC 4515); the outer parentheses may be left out of a single comparison.
 * @throws AppError `invalid_filter` with the reason.
 */
export function parseFilter(filter: string): Filter {
  const text = filter.trim();
  return new FilterReader(text.startsWith('(') ? text : `(${text})`).read();
}

/** A filter for one value, which may be binary. */
export function equals(attribute: string, value: string | Buffer): Filter {
  return new EqualityFilter({ attribute, value });
}

/** A filter that holds where all of them do; the parentheses of a single comparison may be missing. */
export function allOf(...filters: string[]): string {
  const parts = filters.map((filter) => filter.trim());
  return `(&${parts.map((part) => (part.startsWith('(') ? part : `(${part})`)).join('')})`;
}
