// firstValid: the first value that is not null.
import { z } from 'zod';
import { flag, operand } from './attribute-schemas.ts';
import { TransformError } from './transform-error.ts';
import { valueTransform } from './transform-kind.ts';

const attributes = z.object({ values: z.array(operand), ignoreErrors: flag.default(false) });

export const firstValid = valueTransform('firstValid', attributes, 'children', (given, site) => {
  const values = given.values.map((value, index) => site.operand(value, `values[${index}]`));
  return (scope, input) => {
    for (const evaluate of values) {
      try {
        const value = evaluate(scope, input);
        if (value !== null) return value;
      } catch (error) {
        if (!given.ignoreErrors || !(error instanceof TransformError)) throw error;
      }
    }
    return null;
  };
});
