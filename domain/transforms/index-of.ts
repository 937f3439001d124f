// indexOf and lastIndexOf: where a text stands in another, counted from 0; -1 where it does not.
import { z } from 'zod';
import { textTransform } from './transform-kind.ts';

const attributes = z.object({ substring: z.string() });

export const indexOf = textTransform('indexOf', attributes, ({ substring }) => {
  return (text) => String(text.indexOf(substring));
});
export const lastIndexOf = textTransform('lastIndexOf', attributes, ({ substring }) => {
  return (text) => String(text.lastIndexOf(substring));
});
