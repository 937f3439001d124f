// Says in plain JavaScript which rows a filter leaves, so that the SQL can be held against it.
import type { CheckedFilter, CheckedTest } from '../../domain/filters/filter-fields.ts';

export type FilterRow = Readonly<Record<string, string | number | boolean | Date | string[] | null>>;

/** Whether `row` fulfils the filter; a null fulfils `isnull`, `ne` and what is negated. */
export function fulfils(row: FilterRow, filter: CheckedFilter): boolean {
  switch (filter.kind) {
    case 'and':
      return filter.parts.every((part) => fulfils(row, part));
    case 'or':
      return filter.parts.some((part) => fulfils(row, part));
    case 'not':
      return !fulfils(row, filter.part);
    default:
      return passes(row[filter.path] ?? null, filter);
  }
}

function passes(field: FilterRow[string], test: CheckedTest): boolean {
  if (test.operator === 'isnull') return field === null;
  if (test.operator === 'ne') return !passes(field, { ...test, operator: 'eq' });
  if (field === null) return false;
  const has = folded(field);
  const given = test.values.map((value) =>
    test.operator === 'sw' ? String(value).toLowerCase() : folded(value),
  );
  const [first = ''] = given as string[];
  switch (test.operator) {
    case 'pr':
      return true;
    case 'ca':
      return given.every((value) => (has as string[]).includes(value as string));
    case 'in':
      return given.includes(has as string);
    case 'co':
      return (has as string).includes(first);
    case 'sw':
      return (has as string).startsWith(first);
    default:
      return SIGNS[test.operator](compare(has, given[0] as typeof has));
  }
}

const SIGNS = {
  eq: (order: number) => order === 0,
  gt: (order: number) => order > 0,
  ge: (order: number) => order >= 0,
  lt: (order: number) => order < 0,
  le: (order: number) => order <= 0,
};

/** Text without case, ids as their digits, times as milliseconds. */
function folded(value: NonNullable<FilterRow[string]>): string | number | string[] {
  if (Array.isArray(value)) return value.map((text) => text.toLowerCase());
  if (value instanceof Date) return value.getTime();
  if (typeof value === 'boolean') return Number(value);
  if (typeof value === 'number') return value;
  return /^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(value) ? value.replaceAll('-', '') : value.toLowerCase();
}

/** Text by code points, as collation pg_c_utf8 has it. */
export function compare(one: string | number | string[], other: string | number | string[]): number {
  if (typeof one === 'number') return one - (other as number);
  return Buffer.compare(Buffer.from(String(one)), Buffer.from(String(other)));
}
