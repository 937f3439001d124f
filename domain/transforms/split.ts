// split: one of the parts that a delimiter makes of a text.
import { z } from 'zod';
import { flag, wholeNumber } from './attribute-schemas.ts';
import { compileRegularExpression } from './regular-expression.ts';
import { textTransform } from './transform-kind.ts';

const attributes = z.object({
  delimiter: z.string().min(1),
  index: wholeNumber(0, 1_000_000),
  throws: flag.default(true),
});

export const split = textTransform('split', attributes, ({ delimiter, index, throws }, site) => {
  // One character is that character, also where it would mean something in a pattern.
  const pattern = delimiter.length === 1 ? delimiter.replace(/[\\^$.|?*+()[\]{}]/, '\\$&') : delimiter;
  const regex = compileRegularExpression(pattern);
  if ('problem' in regex) {
    site.problem('delimiter', regex.problem);
    return null;
  }
  return (text) => {
    let parts: string[];
    try {
      parts = regex.split(text);
    } catch (error) {
      if (error instanceof RangeError) return site.fail(`the text ${error.message}`);
      throw error;
    }
    const part = parts[index];
    if (part !== undefined || !throws) return part ?? null;
    return site.fail(`there are ${parts.length} parts, and index ${index} is beyond them`);
  };
});
