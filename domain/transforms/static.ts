// static: a text, or a template over variables that may be transforms.
import { z } from 'zod';
import { operand } from './attribute-schemas.ts';
import { valueTransform } from './transform-kind.ts';
import { compileVariables } from './variables.ts';

const attributes = z.object({ value: z.union([z.string(), z.number(), z.boolean()]) }).catchall(operand);

export const staticText = valueTransform('static', attributes, 'children', (given, site) => {
  const variables = compileVariables(given, ['value'], site);
  return site.operand(given.value, 'value', { variables });
});
