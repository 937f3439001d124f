// The values inside a template, and how Velocity compares, adds and prints them.
import { MAX_VALUE } from '../limits.ts';

export type TemplateValue = string | number | boolean | null | readonly string[];

/** A template could not be rendered for this person. */
export class RenderError extends Error {}

/** `text`, unless it is longer than a value may be: what is no longer on the way needs no memory either. */
export function bounded(text: string): string {
  if (text.length > MAX_VALUE) throw new RenderError('the text is too long');
  return text;
}

/** In a condition only null and false are false; empty text is true. */
export function isTrue(value: TemplateValue): boolean {
  return value !== null && value !== false;
}

/** As it is printed. Null has no text, and Velocity's strict mode makes that an error. */
export function printed(value: TemplateValue, name: string): string {
  if (value === null) throw new RenderError(`${name} has no value`);
  return Array.isArray(value) ? `[${value.join(', ')}]` : String(value);
}

/** Equal as numbers where both are, else as text; null equals null alone. */
export function isEqual(left: TemplateValue, right: TemplateValue): boolean {
  if (left === null || right === null) return left === right;
  return String(left) === String(right);
}

/** Below zero, zero or above it, for numbers and for text that is a number. */
export function order(left: TemplateValue, right: TemplateValue): number {
  return asNumber(left) - asNumber(right);
}

/** Arithmetic; `+` joins texts, and a division of whole numbers gives a whole number. */
export function calculate(operator: string, left: TemplateValue, right: TemplateValue): TemplateValue {
  if (operator === '+' && (typeof left === 'string' || typeof right === 'string'))
    return bounded(printed(left, 'the left side of +') + printed(right, 'the right side of +'));
  const [a, b] = [asNumber(left), asNumber(right)];
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    default:
      if (b === 0) throw new RenderError('division by zero');
      return operator === '/' ? Math.trunc(a / b) : a % b;
  }
}

function asNumber(value: TemplateValue): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'string' && /^-?\d{1,15}(\.\d{1,15})?$/.test(value)) return Number(value);
  throw new RenderError(
    value === null ? 'null is no number' : `'${String(value).slice(0, 60)}' is no number`,
  );
}
