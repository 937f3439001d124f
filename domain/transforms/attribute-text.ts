// How values of a source become the one text that transforms work on.
import type { TransformValue } from './transform-kind.ts';

/** The value as text: of several the first; nothing and empty text are null, as sources write no value so. */
export function attributeText(value: unknown): TransformValue {
  if (Array.isArray(value)) return attributeText(value[0]);
  if (typeof value === 'string') return value === '' ? null : value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return null;
}

/** All values as texts. */
export function attributeTexts(value: unknown): string[] {
  return [value].flat().flatMap((one) => attributeText(one) ?? []);
}
