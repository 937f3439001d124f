// concat and join: several values in one text.
import { z } from 'zod';
import { operand } from './attribute-schemas.ts';
import { type Evaluate, valueTransform } from './transform-kind.ts';

const values = z.array(operand);

export const concat = valueTransform('concat', z.object({ values }), 'children', (given, site) =>
  joined(
    given.values.map((value, index) => site.operand(value, `values[${index}]`)),
    '',
  ),
);

export const join = valueTransform(
  'join',
  z.object({ values, separator: z.string().default(',') }),
  'children',
  (given, site) =>
    joined(
      given.values.map((value, index) => site.operand(value, `values[${index}]`)),
      given.separator,
    ),
);

/** Values that are null are left out; all of them null is null. */
function joined(parts: Evaluate[], separator: string): Evaluate {
  return (scope, input) => {
    let all: string | null = null;
    for (const part of parts) {
      const value = part(scope, input);
      if (value !== null) all = all === null ? value : all + separator + value;
    }
    return all;
  };
}
