// Texts in transforms are templates: compiles one into a function, and plain text into a constant.
import { MAX_TEMPLATE } from '../limits.ts';
import { TransformError } from '../transform-error.ts';
import type { Evaluate } from '../transform-kind.ts';
import { TemplateParser, TemplateProblem } from './template-parser.ts';
import { TemplateRun } from './template-run.ts';
import { bounded, RenderError } from './template-value.ts';

const NO_VARIABLES: ReadonlyMap<string, Evaluate> = new Map();

/**
 * Compiles a text with Velocity's references and conditions. Gives a sentence instead where it uses what is not
 * served, so that a profile is refused when it is saved. `path` is what evaluation errors name.
 */
export function compileTemplate(
  text: string,
  path: string,
  variables: ReadonlyMap<string, Evaluate> = NO_VARIABLES,
): Evaluate | { problem: string } {
  if (!text.includes('$') && !text.includes('#')) return () => text;
  if (text.length > MAX_TEMPLATE) return { problem: `is longer than ${MAX_TEMPLATE} characters` };
  try {
    const render = new TemplateParser(text, variables).parse();
    return (scope, input) => {
      try {
        return bounded(render(new TemplateRun(scope, input, variables)));
      } catch (error) {
        if (error instanceof RenderError || error instanceof RangeError)
          throw new TransformError(path, error.message);
        throw error;
      }
    };
  } catch (error) {
    if (error instanceof TemplateProblem) return { problem: error.message };
    throw error;
  }
}

/** Whether a text has something to render; a template that cannot be served has. */
export function isTemplate(text: string): boolean {
  if (!text.includes('$') && !text.includes('#')) return false;
  try {
    const parser = new TemplateParser(text, NO_VARIABLES);
    parser.parse();
    return parser.hasMarkup;
  } catch (error) {
    if (error instanceof TemplateProblem) return true;
    throw error;
  }
}
