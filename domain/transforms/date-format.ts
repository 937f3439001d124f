// dateFormat: a date in another format.
import { z } from 'zod';
import { compileDateFormat, type DateFormat } from './date-pattern.ts';
import { hasPrintableYear } from './iso-instant.ts';
import { MAX_EXPRESSION } from './limits.ts';
import { type TransformSite, textTransform } from './transform-kind.ts';

const format = z.string().min(1).max(MAX_EXPRESSION).default('ISO8601');
const attributes = z.object({ inputFormat: format, outputFormat: format });

export const dateFormat = textTransform('dateFormat', attributes, ({ inputFormat, outputFormat }, site) => {
  const from = formatOf(inputFormat, 'inputFormat', site);
  const to = formatOf(outputFormat, 'outputFormat', site);
  if (from === null || to === null) return null;
  return (text, scope) => {
    const instant = from.parse(text.trim(), scope.now);
    return instant === null || !hasPrintableYear(instant) ? null : to.print(instant);
  };
});

function formatOf(name: string, key: string, site: TransformSite): DateFormat | null {
  const compiled = compileDateFormat(name);
  if (!('problem' in compiled)) return compiled;
  site.problem(key, compiled.problem);
  return null;
}
