// What an endpoint lets its callers filter by: each field's type and exactly its operators.
import { FilterError, quoted } from './filter-error.ts';
import {
  asBoolean,
  asChoice,
  asId,
  asIdBeginning,
  asNumber,
  asTime,
  type Literal,
  type Reading,
} from './filter-literals.ts';
import type { Filter, Operator, Test, Value } from './filter-tree.ts';

/** The operators that make sense of each type; `texts` is a list of texts, `choice` one of a few words. */
interface OperatorsOf {
  text: Exclude<Operator, 'ca'>;
  number: Exclude<Operator, 'ca' | 'co' | 'sw'>;
  boolean: 'eq' | 'ne' | 'isnull' | 'pr';
  choice: 'eq' | 'ne' | 'in' | 'isnull' | 'pr';
  time: Exclude<Operator, 'ca' | 'co' | 'sw' | 'in'>;
  id: Exclude<Operator, 'ca' | 'co'>;
  texts: 'ca' | 'isnull' | 'pr';
}

export type FieldType = keyof OperatorsOf;

export type FilterField = {
  [Type in FieldType]: { type: Type; operators: readonly OperatorsOf[Type][] } & (Type extends 'choice'
    ? { values: readonly string[] }
    : unknown);
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
  const values = filter.values.map((value) => literal(value, field, filter));
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

function literal(value: Value, field: FilterField, test: Test): Literal {
  const { literal: found, wanted } = readAs(value, field, test);
  if (found !== undefined) return found;
  const shown = value.quoted ? `"${quoted(value.text).slice(1, -1)}"` : quoted(value.text);
  throw new FilterError('filters', value.at, `${test.path} is compared with ${wanted}, not ${shown}`);
}

function readAs(value: Value, field: FilterField, test: Test): Reading<Literal> {
  switch (field.type) {
    case 'number':
      return asNumber(value);
    case 'boolean':
      return asBoolean(value);
    case 'time':
      return asTime(value);
    case 'choice':
      return asChoice(value, field.values);
    case 'id':
      return test.operator === 'sw' ? asIdBeginning(value) : asId(value);
    default:
      return { literal: value.text, wanted: 'a string' };
  }
}
