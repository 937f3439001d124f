// replace and replaceAll: matches of patterns, replaced by other text.
import { z } from 'zod';
import { MAX_PATTERNS } from './limits.ts';
import { compileRegularExpression, type RegularExpression } from './regular-expression.ts';
import { isTemplate } from './template/compile-template.ts';
import { type EvaluateText, type TransformSite, textTransform } from './transform-kind.ts';

export const replace = textTransform(
  'replace',
  z.object({ regex: z.string().min(1), replacement: z.string() }),
  ({ regex, replacement }, site) => {
    const compiled = pattern(regex, 'regex', site);
    return compiled === null ? null : replacing(compiled, replacement, 'replacement', site);
  },
);

const table = z
  .record(z.string().min(1), z.string())
  .refine((all) => Object.keys(all).length <= MAX_PATTERNS, `may have ${MAX_PATTERNS} patterns`)
  .nullish();

export const replaceAll = textTransform('replaceAll', z.object({ table }), ({ table }, site) => {
  const steps = Object.entries(table ?? {}).flatMap(([regex, replacement]) => {
    const key = `table.${regex}`;
    const compiled = pattern(regex, key, site);
    return compiled === null ? [] : [replacing(compiled, replacement, key, site)];
  });
  return (text, scope) => {
    let result: string | null = text;
    for (const step of steps) if (result !== null) result = step(result, scope);
    return result;
  };
});

function pattern(regex: string, key: string, site: TransformSite): RegularExpression | null {
  const compiled = compileRegularExpression(regex);
  if (!('problem' in compiled)) return compiled;
  site.problem(key, compiled.problem);
  return null;
}

function replacing(
  regex: RegularExpression,
  replacement: string,
  key: string,
  site: TransformSite,
): EvaluateText {
  const isFixed = !isTemplate(replacement);
  const problem = isFixed ? regex.replacementProblem(replacement) : groupBesideTemplate(replacement);
  if (problem !== null) site.problem(key, problem);
  const evaluate = isFixed ? () => replacement : site.operand(replacement, key);
  return (text, scope) => {
    const to = evaluate(scope, text) ?? '';
    // What was rendered is text: what it has of $ and \ means nothing.
    const literal = isFixed ? to : to.replaceAll(/[\\$]/g, '\\$&');
    try {
      return regex.replaceAll(text, literal);
    } catch (error) {
      if (error instanceof RangeError) return site.fail(`the text ${error.message}`);
      throw error;
    }
  };
}

function groupBesideTemplate(replacement: string): string | null {
  const group = /(?<!\\)\$\d/.exec(replacement)?.[0];
  return group === undefined
    ? null
    : `has a group (${group}) beside a template; what a template makes stands for itself`;
}
