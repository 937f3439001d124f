// What an endpoint lets its callers filter by: each field's type and exactly its operators.
import { FilterError, quoted } from './filter-error.ts';
import { asBoolean, asId, asIdBeginning, asNumber, asTime, type Literal } from './filter-literals.ts';
import type { Filter, Operator, Test, Value } from './filter-tree.ts';

/** The operators that make sense of each type; `texts` is a list of texts. */
interface OperatorsOf {
  text: Exclude<Operator, 'ca'>;
  number: Exclude<Operator, 'ca' | 'co' | 'sw'>;
  boolean: 'eq' | 'ne' | 'isnull' | 'pr';
  time: Exclude<Operator, 'ca' | 'co' | 'sw' | 'in'>;
  id: Exclude<Operator, 'ca' | 'co'>;
  texts: 'ca' | 'isnull' | 'pr';
}

export type FieldType = keyof OperatorsOf;

export type FilterField = {
  [Type in FieldType]: { type: Type; operators: readonly OperatorsOf[Type][] };
}[FieldType];

/** Path → field, as an endpoint's documentation lists them. */
export type FilterFields = Readonly<Record<string, FilterField>>;

/** A test whose field and operator the endpoint has, its values of the field's type. */
export interface CheckedTest {
  kind: 'test';
  path: string;
  type: FieldType;
  operator: Operator;
  values: Literal[];
}

export type CheckedFilter =
  | { kind: 'and' | 'or'; parts: CheckedFilter[] }
  | { kind: 'not'; part: CheckedFilter }
  | CheckedTest;

/** @throws FilterError for a field, operator or value that the endpoint does not take, naming what it does. */
export function checkFilter(filter: Filter, fields: FilterFields): CheckedFilter {
  if (filter.kind === 'not') return { kind: 'not', part: checkFilter(filter.part, fields) };
  if (filter.kind !== 'test')
    return { kind: filter.kind, parts: filter.parts.map((part) => checkFilter(part, fields)) };
  const { path, operator } = filter;
  const field = fieldOf(filter, fields);
  const values = filter.values.map((value) => literal(value, field.type, filter));
  return { kind: 'test', path, type: field.type, operator, values };
}

function fieldOf(test: Test, fields: FilterFields): FilterField {
  const field = Object.hasOwn(fields, test.path) ? fields[test.path] : undefined;
  if (!field) {
    const known = Object.entries(fields).map(([path, { operators }]) => `${path} (${operators.join(', ')})`);
    throw new FilterError(
      'filters',
      test.at,
      `cannot filter by ${quoted(test.path)}; fields are ${known.join(', ')}`,
    );
  }
  const operators: readonly Operator[] = field.operators;
  if (!operators.includes(test.operator))
    throw new FilterError(
      'filters',
      test.operatorAt,
      `${test.path} does not take ${test.operator}; it takes ${operators.join(', ')}`,
    );
  return field;
}

function literal(value: Value, type: FieldType, test: Test): Literal {
  const read = type === 'id' && test.operator === 'sw' ? asIdBeginning : READERS[type];
  const { literal: found, wanted } = read(value);
  if (found !== undefined) return found;
  const shown = value.quoted ? `"${quoted(value.text).slice(1, -1)}"` : quoted(value.text);
  throw new FilterError('filters', value.at, `${test.path} is compared with ${wanted}, not ${shown}`);
}

const asText = ({ text }: Value) => ({ literal: text, wanted: 'a string' });

const READERS: Record<FieldType, (value: Value) => { literal: Literal | undefined; wanted: string }> = {
  text: asText,
  texts: asText,
  number: asNumber,
  boolean: asBoolean,
  time: asTime,
  id: asId,
};
