// Turns a checked `filters` tree into a parametrised condition that the indexes of its columns serve.
import type { CheckedFilter, CheckedTest, FieldType } from '../../../domain/filters/filter-fields.ts';
import type { Literal } from '../../../domain/filters/filter-literals.ts';
import { type RawBuilder, sql } from '../../sql.ts';
import { escapeLike } from '../object-search.ts';

/**
 * What each path of an endpoint's fields is in SQL. Texts are folded and of collation pg_c_utf8, `lower(p.name)`,
 * and served by a btree index on just that expression (`co`: by a trigram index on it); lists of texts are folded
 * arrays; ids are uuid; choices are the bare column.
 */
export type FilterColumns = Readonly<Record<string, RawBuilder<unknown>>>;

type Condition = RawBuilder<unknown>;

/**
 * A field that is null fulfils `isnull` alone: every comparison with it is false, so that `ne` and `not` are true of
 * it. (The vendor's documentation says "true if … is not equal", and nothing of null.)
 */
export function compileFilter(filter: CheckedFilter, columns: FilterColumns): Condition {
  if (filter.kind === 'test') return compileTest(filter, columnOf(filter, columns));
  if (filter.kind === 'not') return negated(compileFilter(filter.part, columns));
  const all = filter.kind === 'or' ? gathered(filter.parts) : filter.parts;
  const parts = all.map((part) => compileFilter(part, columns));
  return sql`(${sql.join(parts, filter.kind === 'and' ? sql` and ` : sql` or `)})`;
}

const LISTED: readonly FieldType[] = ['text', 'number', 'choice', 'id'];

/** What an `or` finds a field equal to becomes one list: the field is read once a row, and the list hashed. */
function gathered(parts: readonly CheckedFilter[]): CheckedFilter[] {
  const lists = new Map<string, CheckedTest>();
  return parts.flatMap((part) => {
    if (part.kind !== 'test' || !LISTED.includes(part.type)) return part;
    if (part.operator !== 'eq' && part.operator !== 'in') return part;
    const list = lists.get(part.path);
    if (list) {
      list.operator = 'in';
      list.values.push(...part.values);
      return [];
    }
    const first = { ...part, values: [...part.values] };
    lists.set(part.path, first);
    return first;
  });
}

function columnOf({ path }: CheckedTest, columns: FilterColumns): RawBuilder<unknown> {
  const column = columns[path];
  if (!column) throw new Error(`compileFilter: the field ${path} has no column`);
  return column;
}

/** Unknown counts as false, so that what is not true of a null is false, and its opposite true. */
function negated(condition: Condition): Condition {
  return sql`((${condition}) is not true)`;
}

function compileTest(test: CheckedTest, column: RawBuilder<unknown>): Condition {
  if (test.operator === 'isnull') return sql`(${column} is null)`;
  if (test.operator === 'pr') return sql`(${column} is not null)`;
  if (test.operator === 'ne') return negated(compileTest({ ...test, operator: 'eq' }, column));
  return COMPILERS[test.type](test, column);
}

const SIGNS = { eq: sql`=`, gt: sql`>`, ge: sql`>=`, lt: sql`<`, le: sql`<=` } as const;

function signOf({ operator, path }: CheckedTest): RawBuilder<unknown> {
  if (operator in SIGNS) return SIGNS[operator as keyof typeof SIGNS];
  throw new Error(`compileFilter: no SQL for ${operator} of ${path}`);
}

const COMPILERS: Record<FieldType, (test: CheckedTest, column: RawBuilder<unknown>) => Condition> = {
  text: compileText,
  texts: (test, column) => sql`(${column} @> array[${sql.join(test.values.map(folded))}])`,
  number: (test, column) => plainly(test, column, (value) => sql`${value}::numeric`),
  boolean: (test, column) => sql`(${column} ${signOf(test)} ${sql.lit(test.values[0])})`,
  choice: (test, column) => plainly(test, column, (value) => sql`${value}::text`),
  time: compileTime,
  id: compileId,
};

/** Folded as the columns are: by PostgreSQL, in the builtin collation, not by JavaScript's rules. */
function folded(text: Literal): RawBuilder<unknown> {
  return sql`lower(${text}::text collate pg_c_utf8)`;
}

/** Comparison of one value, or of each in a list, that `literal` writes. */
function plainly(
  test: CheckedTest,
  column: RawBuilder<unknown>,
  literal: (value: Literal) => RawBuilder<unknown>,
): Condition {
  const values = test.values.map(literal);
  if (test.operator === 'in') return sql`(${column} = any (array[${sql.join(values)}]))`;
  return sql`(${column} ${signOf(test)} ${values[0]})`;
}

/** A prefix by LIKE is a range of a btree index: the collation orders by code points. */
function compileText(test: CheckedTest, column: RawBuilder<unknown>): Condition {
  const escaped = escapeLike(String(test.values[0]));
  if (test.operator === 'sw') return sql`(${column} like ${folded(`${escaped}%`)})`;
  if (test.operator === 'co') return sql`(${column} like ${folded(`%${escaped}%`)})`;
  return plainly(test, column, folded);
}

/** Times are shown to the millisecond and kept to the microsecond: what is shown as equal is equal. */
function compileTime(test: CheckedTest, column: RawBuilder<unknown>): Condition {
  const time = test.values[0] as Date;
  const begins = sql`${time}::timestamptz`;
  const ends = sql`${new Date(time.getTime() + 1)}::timestamptz`;
  switch (test.operator) {
    case 'eq':
      return sql`(${column} >= ${begins} and ${column} < ${ends})`;
    case 'gt':
      return sql`(${column} >= ${ends})`;
    case 'le':
      return sql`(${column} < ${ends})`;
    default:
      return sql`(${column} ${signOf(test)} ${begins})`;
  }
}

/** UUIDs are in the order of their digits, so that those with the same first ones are a range. */
function compileId(test: CheckedTest, column: RawBuilder<unknown>): Condition {
  if (test.operator === 'in') return sql`(${column} = any (${test.values}::uuid[]))`;
  if (test.operator !== 'sw') return plainly(test, column, (id) => sql`${id}::uuid`);
  const digits = String(test.values[0]);
  return sql`(${column} between ${digits.padEnd(32, '0')}::uuid and ${digits.padEnd(32, 'f')}::uuid)`;
}
