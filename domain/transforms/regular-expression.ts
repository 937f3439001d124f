// Regular expressions of profiles, run by RE2: no pattern takes more than time proportional to the text.
import { RE2JS, RE2JSException } from 're2js';
import { MAX_MATCHED, MAX_PATTERN, MAX_PROGRAM, MAX_REPLACED } from './limits.ts';

export interface RegularExpression {
  /** Why `replacement` cannot be used with this pattern; null when it can. */
  replacementProblem(replacement: string): string | null;
  /** Every match replaced; `$1`, `${name}` and `\` mean in `replacement` what they mean in Java. Throws RangeError. */
  replaceAll(text: string, replacement: string): string;
  /** The parts between matches, without empty ones at the end, as Java splits. Throws RangeError. */
  split(text: string): string[];
  /** Whether the whole text matches. Throws RangeError. */
  matches(text: string): boolean;
}

const PLAIN_PATTERN = /^[^\\^$.|?*+()[\]{}]+$/;
const PLAIN_REPLACEMENT = /^[^\\$]*$/;

/** Compiles a pattern, or says in a sentence why it cannot be. */
export function compileRegularExpression(pattern: string): RegularExpression | { problem: string } {
  if (pattern.length > MAX_PATTERN)
    return { problem: `the pattern has ${pattern.length} characters; ${MAX_PATTERN} are the most` };
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(pattern);
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    const reason = error.message.replace(/^error parsing regexp: /, '');
    return {
      problem: `is no pattern that RE2 can run (${reason}); lookaround and back references are not served`,
    };
  }
  if (compiled.programSize() > MAX_PROGRAM) return { problem: 'the pattern is too large' };
  return new Re2Expression(compiled, PLAIN_PATTERN.test(pattern) ? pattern : null);
}

class Re2Expression implements RegularExpression {
  private readonly compiled: RE2JS;
  /** The pattern, where it stands for nothing but itself: then no engine is needed. */
  private readonly plain: string | null;

  constructor(compiled: RE2JS, plain: string | null) {
    this.compiled = compiled;
    this.plain = plain;
  }

  replacementProblem(replacement: string): string | null {
    if (/(?<!\\)(?:\\\\)*\\$/.test(replacement))
      return 'the replacement ends in a backslash that escapes nothing';
    const groups = new Set(Object.keys(this.compiled.namedGroups()));
    for (const [, escaped, name, digit] of replacement.matchAll(/(\\[\s\S])|\$(?:\{([^}]*)\}|(\d))?/g)) {
      if (escaped !== undefined) continue;
      if (
        name !== undefined
          ? groups.has(name)
          : digit !== undefined && Number(digit) <= this.compiled.groupCount()
      )
        continue;
      return `the replacement names a group that the pattern does not have; write \\$ for a dollar sign`;
    }
    return null;
  }

  replaceAll(text: string, replacement: string): string {
    checkLength(text);
    if ((text.length + 1) * (replacement.length + 1) > MAX_REPLACED)
      throw new RangeError('text and replacement are too long together');
    if (this.plain !== null && PLAIN_REPLACEMENT.test(replacement))
      return text.includes(this.plain) ? text.replaceAll(this.plain, () => replacement) : text;
    // Most values match nowhere; saying so is ten times cheaper than replacing.
    return this.compiled.test(text) ? this.compiled.matcher(text).replaceAll(replacement, true) : text;
  }

  split(text: string): string[] {
    checkLength(text);
    if (this.plain === null) return this.compiled.split(text);
    const parts = text.split(this.plain);
    if (parts.length === 1) return parts;
    while (parts.at(-1) === '') parts.pop();
    return parts;
  }

  matches(text: string): boolean {
    checkLength(text);
    return this.compiled.testExact(text);
  }
}

function checkLength(text: string): void {
  if (text.length > MAX_MATCHED)
    throw new RangeError(`has ${text.length} characters; patterns are applied to ${MAX_MATCHED} at most`);
}
