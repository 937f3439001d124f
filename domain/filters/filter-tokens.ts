// Cuts a `filters` expression into words, strings, parentheses and commas.
import { FilterError, quoted } from './filter-error.ts';

export interface Token {
  kind: 'word' | 'string' | '(' | ')' | ',' | 'end';
  /** A string's without quotes and escapes. */
  text: string;
  at: number;
}

const SPACES = /[ \t\r\n]*/y;
const WORD = /[^ \t\r\n(),"]+/y;
const STRING = /"(?:[^"\\]|\\["\\])*"/y;

/**
 * All tokens of `text`, with one of kind `end` behind the last.
 * @throws FilterError for a string that does not end or has another escape than `\"` and `\\`.
 */
export function filterTokens(text: string): Token[] {
  const tokens: Token[] = [];
  let at = skip(SPACES, text, 0);
  while (at < text.length) {
    const token = tokenAt(text, at);
    tokens.push(token.token);
    at = skip(SPACES, text, token.end);
  }
  tokens.push({ kind: 'end', text: '', at: text.length });
  return tokens;
}

function tokenAt(text: string, at: number): { token: Token; end: number } {
  const character = text.charAt(at);
  if (character === '(' || character === ')' || character === ',')
    return { token: { kind: character, text: character, at }, end: at + 1 };
  if (character !== '"') {
    const end = skip(WORD, text, at);
    return { token: { kind: 'word', text: text.slice(at, end), at }, end };
  }
  const end = skip(STRING, text, at);
  if (end === at) throw brokenString(text, at);
  return { token: { kind: 'string', text: withoutEscapes(text.slice(at + 1, end - 1)), at }, end };
}

function skip(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

function withoutEscapes(inner: string): string {
  return inner.replace(/\\(["\\])/g, '$1');
}

function brokenString(text: string, start: number): FilterError {
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] !== '\\') continue;
    const next = text.charAt(at + 1);
    if (next === '"' || next === '\\') at += 1;
    else if (next !== '')
      return new FilterError(
        'filters',
        at,
        `\\${quoted(next).slice(1, -1)} means nothing in a string; only \\" and \\\\ are escapes, and a backslash is written \\\\`,
      );
  }
  return new FilterError('filters', start, 'this string does not end; a double quote is missing');
}
