// The attributes of a transform that are variables for its templates.
import type { Evaluate, TransformSite } from './transform-kind.ts';

const COMMON = ['input', 'requiresPeriodicRefresh'];

/** Compiles every attribute but `own` and those that all transforms have; templates name them with a `$`. */
export function compileVariables(
  attributes: Record<string, unknown>,
  own: readonly string[],
  site: TransformSite,
): ReadonlyMap<string, Evaluate> {
  const variables = new Map<string, Evaluate>();
  for (const [name, value] of Object.entries(attributes)) {
    if (own.includes(name) || COMMON.includes(name)) continue;
    if (/^[a-zA-Z_]\w*$/.test(name)) variables.set(name, site.operand(value, name));
    else site.problem(name, 'is no name for a variable; those have letters, digits and _');
  }
  return variables;
}
