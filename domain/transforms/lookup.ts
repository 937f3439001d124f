// lookup: what a table has for a text.
import { z } from 'zod';
import { operand } from './attribute-schemas.ts';
import { shown } from './transform-error.ts';
import { type Evaluate, valueTransform } from './transform-kind.ts';

const attributes = z.object({ table: z.record(z.string(), operand) });

export const lookup = valueTransform('lookup', attributes, 'children', ({ table }, site) => {
  if (!site.hasInput) site.problem('input', 'is missing, and nothing around it hands an input down');
  const entries = new Map<string, Evaluate>();
  for (const [key, value] of Object.entries(table)) entries.set(key, site.operand(value, `table.${key}`));
  const otherwise = entries.get('default');
  return (scope, input) => {
    const found = (input === null ? undefined : entries.get(input)) ?? otherwise;
    if (found !== undefined) return found(scope, input);
    return site.fail(`the table has no entry for ${input === null ? 'null' : shown(input)} and no default`);
  };
});
