// What PostgreSQL can hold of a text.
import { TransformError } from './transform-error.ts';

/** Halves of a surrogate pair, which substring can leave, become U+FFFD. @throws TransformError where U+0000 is in it. */
export function storable(value: string): string {
  if (value.includes('\0')) throw new TransformError('', 'the value holds the character U+0000');
  return value.isWellFormed() ? value : value.toWellFormed();
}
