// leftPad and rightPad: a text made as long as it has to be.
import { z } from 'zod';
import { wholeNumber } from './attribute-schemas.ts';
import { textTransform } from './transform-kind.ts';

const attributes = z.object({
  length: wholeNumber(0, 10_000),
  padding: z.string().min(1, 'must have a character').default(' '),
});

export const leftPad = textTransform('leftPad', attributes, ({ length, padding }) => {
  return (text) => text.padStart(length, padding);
});
export const rightPad = textTransform('rightPad', attributes, ({ length, padding }) => {
  return (text) => text.padEnd(length, padding);
});
