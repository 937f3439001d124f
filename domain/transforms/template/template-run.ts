// One rendering of a template: its variables are computed when they are first named, and once.
import { MAX_VALUE } from '../limits.ts';
import type { Evaluate, TransformScope, TransformValue } from '../transform-kind.ts';
import { RenderError, type TemplateValue } from './template-value.ts';

/** What a template may always name: what the attribute had before. */
export const OLD_VALUE = 'oldValue';

export class TemplateRun {
  private readonly scope: TransformScope;
  private readonly input: TransformValue;
  private readonly variables: ReadonlyMap<string, Evaluate>;
  private values: Map<string, TemplateValue> | null = null;

  constructor(scope: TransformScope, input: TransformValue, variables: ReadonlyMap<string, Evaluate>) {
    this.scope = scope;
    this.input = input;
    this.variables = variables;
  }

  get(name: string): TemplateValue {
    const known = this.values?.get(name);
    if (known !== undefined) return known;
    const variable = this.variables.get(name);
    if (variable === undefined) {
      if (name === OLD_VALUE) return this.scope.oldValue;
      throw new RenderError(`$${name} has no value`);
    }
    const value = variable(this.scope, this.input);
    this.set(name, value);
    return value;
  }

  set(name: string, value: TemplateValue): void {
    if (typeof value === 'string' && value.length > MAX_VALUE) throw new RenderError(`$${name} is too long`);
    this.values ??= new Map();
    this.values.set(name, value);
  }
}
