// Writes a filter's tree as an expression that parses to the same tree.
import type { Filter, Test, Value } from './filter-tree.ts';

/** How tightly an expression holds together; what holds less than its place asks for is put in parentheses. */
const STRENGTH = { or: 0, and: 1, not: 2, test: 2 } as const;

export function printFilter(filter: Filter): string {
  if (filter.kind === 'test') return printTest(filter);
  if (filter.kind === 'not') return `not ${printPart(filter.part, 2)}`;
  // A part of the same kind is in parentheses too: without them it would become one chain.
  const parts = filter.parts.map((part) => printPart(part, STRENGTH[filter.kind] + 1));
  return parts.join(` ${filter.kind} `);
}

function printPart(part: Filter, wanted: number): string {
  const text = printFilter(part);
  return STRENGTH[part.kind] < wanted ? `(${text})` : text;
}

function printTest({ path, operator, values }: Test): string {
  if (operator === 'pr') return `pr ${path}`;
  if (operator === 'isnull') return `${path} isnull`;
  const printed = values.map(printValue).join(', ');
  return `${path} ${operator} ${operator === 'in' || operator === 'ca' ? `(${printed})` : printed}`;
}

function printValue({ text, quoted }: Value): string {
  return quoted ? `"${text.replace(/["\\]/g, '\\$&')}"` : text;
}
