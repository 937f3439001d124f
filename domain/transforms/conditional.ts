// conditional: one of two values, by whether two texts are equal.
import { z } from 'zod';
import { operand } from './attribute-schemas.ts';
import { valueTransform } from './transform-kind.ts';
import { compileVariables } from './variables.ts';

const OWN = ['expression', 'positiveCondition', 'negativeCondition'];
const attributes = z
  .object({ expression: z.string(), positiveCondition: operand, negativeCondition: operand })
  .catchall(operand);

export const conditional = valueTransform('conditional', attributes, 'children', (given, site) => {
  const variables = compileVariables(given, OWN, site);
  const sides = given.expression.split(/\seq\s/).map((side) => side.trim());
  if (sides.length !== 2 || sides.includes('')) {
    site.problem('expression', "must be of the form 'ValueA eq ValueB'; eq is the one comparison there is");
    return null;
  }
  const [left, right] = sides.map((side) => site.operand(side, 'expression', { variables }));
  const positive = site.operand(given.positiveCondition, 'positiveCondition', { variables });
  const negative = site.operand(given.negativeCondition, 'negativeCondition', { variables });
  return (scope, input) =>
    left?.(scope, input) === right?.(scope, input) ? positive(scope, input) : negative(scope, input);
});
