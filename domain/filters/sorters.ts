// Parses `sorters`: fields with commas between, a `-` in front for descending order.
import { FilterError, quoted } from './filter-error.ts';
import { isPath } from './path.ts';

export interface Sorter {
  path: string;
  descending: boolean;
}

/**
 * @param allowed the fields that the endpoint sorts by.
 * @throws FilterError for what is no field, is not allowed, or stands there twice.
 */
export function parseSorters(text: string, allowed: readonly string[]): Sorter[] {
  const sorters: Sorter[] = [];
  let at = 0;
  for (const piece of text.split(',')) {
    const trimmed = piece.trim();
    const start = at + piece.indexOf(trimmed);
    const descending = trimmed.startsWith('-');
    const path = descending ? trimmed.slice(1) : trimmed;
    refuseUnknown(path, start + (descending ? 1 : 0), allowed);
    if (sorters.some((sorter) => sorter.path === path))
      throw new FilterError('sorters', start, `${quoted(path)} is there twice`);
    sorters.push({ path, descending });
    at += piece.length + 1;
  }
  return sorters;
}

function refuseUnknown(path: string, at: number, allowed: readonly string[]): void {
  if (allowed.includes(path)) return;
  const fields = `fields to sort by are ${allowed.join(', ')}`;
  if (isPath(path)) throw new FilterError('sorters', at, `cannot sort by ${quoted(path)}; ${fields}`);
  throw new FilterError(
    'sorters',
    at,
    `a field was expected${path === '' ? '' : `, not ${quoted(path)}`}; ${fields}`,
  );
}

/** The text that parses to `sorters`. */
export function printSorters(sorters: readonly Sorter[]): string {
  return sorters.map(({ path, descending }) => `${descending ? '-' : ''}${path}`).join(',');
}
