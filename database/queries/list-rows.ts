// What every list has in common: its order, the place where a page starts, and the total.
import { compileStatement, type Queryable, type RawBuilder, sql } from '../sql.ts';
import type { ExportCursor } from './export-cursor.ts';
import { readRow, readRows } from './read-rows.ts';

/** A field that a list may be sorted by. */
export interface SortField {
  /** Ends in the collation it is compared in; text is folded with lower(). */
  expression: RawBuilder<unknown>;
  /** The type that a cursor's key is read back as. */
  type: 'text' | 'timestamptz' | 'bigint';
  nullable?: boolean;
}

/** The row after which a page starts: its sort key as text, its rank in a ranked search, and its id. */
export interface Position {
  key: string | null;
  rank: number | null;
  id: string;
}

/** Which rows of a list are wanted, and in which order. */
export interface ListRequest<Sort extends string = string> {
  sort: Sort;
  descending: boolean;
  /** False where a search's own ranking goes before `sort`: nobody asked for another order. */
  sortGiven: boolean;
  limit: number;
  offset: number;
  after: Position | null;
  /** Totals are left out where nobody reads them, as in exports. */
  withTotal: boolean;
  /** Where all rows are wanted, a batch a call: neither `limit`, nor `offset`, nor `after` counts then. */
  cursor?: ExportCursor;
}

export interface ListResult<Row> {
  rows: Row[];
  totalCount: number;
  /** Where the next page starts; null on the last one. */
  next: Position | null;
}

export interface ListStatement {
  /** Columns of the answer; they may use `o`, the page's rows, and run once a row that is shown. */
  columns: RawBuilder<unknown>;
  /** The table or sub-select, as `o`. */
  from: RawBuilder<unknown>;
  where: RawBuilder<unknown>[];
  sort: SortField;
  /** Unique, breaks ties. */
  id: RawBuilder<unknown>;
  /** Smaller comes first; before the sort field. */
  rank?: RawBuilder<unknown> | null;
  /** A cheaper source of the total than counting: a scalar sub-select. */
  total?: RawBuilder<unknown> | null;
  /** `from` has no further conditions and brings the number of its rows as `counted`: it would cost as much again to count it. */
  counted?: boolean;
  /**
   * `from` is directory_object with a search term, whose index scan is most of the cost: it is made once, for the page and
   * the total.
   */
  searched?: boolean;
  request: ListRequest;
}

/** The page size that most lists are asked for. */
const USUAL_LIMIT = 50;

type PageRow = { sort_key: string | null; sort_rank: number | null; sort_id: string; total_count?: number };

/** Joins conditions with "and". */
export function all(conditions: RawBuilder<unknown>[]): RawBuilder<unknown> {
  return conditions.length === 0 ? sql`true` : sql`${sql.join(conditions, sql` and `)}`;
}

/** Reads one page and the exact total in one statement. */
export async function listRows<Row>(on: Queryable, list: ListStatement): Promise<ListResult<Row>> {
  const { request } = list;
  if (request.cursor) return nextBatch(request.cursor, list);
  const found = await readRows(on, listStatement(list) as RawBuilder<Row & PageRow>, {
    // First pages of the usual size: as many texts as there are orders.
    keepPlan: request.offset === 0 && request.limit === USUAL_LIMIT,
  });
  const rows = found.slice(0, request.limit);
  const last = rows.at(-1);
  const more = found.length > request.limit && last !== undefined;
  let totalCount = found[0]?.total_count ?? 0;
  if (request.withTotal && found.length === 0 && (request.offset > 0 || request.after))
    totalCount = (await readRow<{ total: number }>(on, sql`select ${totalOf(list)} as total`))?.total ?? 0;
  return {
    rows,
    totalCount,
    next: more ? { key: last.sort_key, rank: last.sort_rank, id: last.sort_id } : null,
  };
}

async function nextBatch<Row>(cursor: ExportCursor, list: ListStatement): Promise<ListResult<Row>> {
  const rows = await cursor.batch(listStatement(list) as RawBuilder<Row & PageRow>);
  const last = rows.at(-1);
  return {
    rows,
    totalCount: 0,
    next: last ? { key: last.sort_key, rank: last.sort_rank, id: last.sort_id } : null,
  };
}

/** The SQL text and parameters of a list, for those who want to look at its plan or run it elsewhere. */
export function compileList(list: ListStatement): { sql: string; parameters: readonly unknown[] } {
  return compileStatement(listStatement(list));
}

/**
 * The inner select finds the page's rows by index or top-N sort; the outer one computes what costs a look-up,
 * so that rows which are skipped cost none. The sub-select's order is kept: nothing is joined to it.
 */
function listStatement(list: ListStatement): RawBuilder<unknown> {
  const { request, sort, rank } = list;
  if (list.searched && request.withTotal) return searchStatement(list);
  const after = request.cursor ? null : request.after;
  const conditions = after ? [...list.where, isAfter(list, after)] : list.where;
  const page = sql`limit ${sql.lit(request.limit + 1)} offset ${sql.lit(request.offset)}`;
  const total = request.withTotal
    ? sql`, ${list.counted ? sql`o.counted` : totalOf(list)} as total_count`
    : sql``;
  return sql`
    select ${list.columns}, o.sort_key, o.sort_rank, o.sort_id${total}
    from (
      select o.*, (${sort.expression})::text as sort_key, ${list.id} as sort_id, ${rank ?? sql`null::int`} as sort_rank
      from ${list.from}
      where ${all(conditions)}
      order by ${rank ? sql`${rank}, ` : sql``}${sort.expression} ${direction(sort, request.descending)}, ${list.id}
      ${request.cursor ? sql`` : page}
    ) o`;
}

/**
 * What is found is kept by what the order needs alone: a term may be in every row. The page's rows are fetched by
 * directory_object_id.
 */
function searchStatement(list: ListStatement): RawBuilder<unknown> {
  const { request, sort } = list;
  const rank = list.rank ? sql`o.place` : null;
  const found = { ...list, sort: { ...sort, expression: sql`o.value` }, id: sql`o.id`, rank };
  const order = (page: string) => sql`
    order by ${sql.raw(`${page}.place, ${page}.value`)} ${direction(sort, request.descending)}, ${sql.raw(page)}.id`;
  return sql`
    with found as materialized (
      select o.id, o.connection_id, ${sort.expression} as value, ${list.rank ?? sql`null::int`} as place
      from ${list.from} where ${all(list.where)})
    select ${list.columns}, o.sort_key, o.sort_rank, o.sort_id, (select count(*) from found) as total_count
    from (
      select object.*, page.value::text as sort_key, page.place as sort_rank, page.id as sort_id
      from (
        select * from found o where ${request.after ? isAfter(found, request.after) : sql`true`}
        ${order('o')} limit ${sql.lit(request.limit + 1)} offset ${sql.lit(request.offset)}) page
      cross join lateral (select * from directory_object object
                          where object.connection_id = page.connection_id and object.id = page.id limit 1) object
      ${order('page')}
    ) o`;
}

function totalOf(list: ListStatement): RawBuilder<unknown> {
  return list.total ?? sql`(select count(*) from ${list.from} where ${all(list.where)})`;
}

/** Nulls are last both ways; a column that has none leaves the words out, so that its index serves both ways. */
function direction(sort: SortField, descending: boolean): RawBuilder<unknown> {
  if (!descending) return sql`asc`;
  return sort.nullable ? sql`desc nulls last` : sql`desc`;
}

/** That a row comes after the position in the list's order. */
export function isAfter(
  list: Pick<ListStatement, 'sort' | 'id' | 'rank'> & { request: Pick<ListRequest, 'descending'> },
  position: Position,
): RawBuilder<unknown> {
  const { rank, sort, request } = list;
  const inOrder = isAfterInSort(sort, list.id, request.descending, position);
  if (!rank) return inOrder;
  const at = sql`${position.rank}::int`;
  return sql`(${rank} > ${at} or (${rank} = ${at} and ${inOrder}))`;
}

function isAfterInSort(
  sort: SortField,
  id: RawBuilder<unknown>,
  descending: boolean,
  position: Position,
): RawBuilder<unknown> {
  const { expression } = sort;
  const idKey = sql`${position.id}::uuid`;
  if (position.key === null) return sql`(${expression} is null and ${id} > ${idKey})`;
  const key = sql`${position.key}::${sql.raw(sort.type)}`;
  // Row comparison, and its spelled-out twin for descending order, start an index scan at the very row.
  const beyond = descending
    ? sql`(${expression} <= ${key} and (${expression} < ${key} or ${id} > ${idKey}))`
    : sql`(${expression}, ${id}) > (${key}, ${idKey})`;
  return sort.nullable ? sql`(${beyond} or ${expression} is null)` : beyond;
}
