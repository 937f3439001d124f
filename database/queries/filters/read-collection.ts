// Reads a page of a collection that is filtered, sorted and counted as the SailPoint-shaped surface does it.
import type { CheckedFilter } from '../../../domain/filters/filter-fields.ts';
import type { Sorter } from '../../../domain/filters/sorters.ts';
import { type Queryable, type RawBuilder, sql } from '../../sql.ts';
import { all } from '../list-rows.ts';
import { readRow, readRows } from '../read-rows.ts';
import { compileFilter, type FilterColumns } from './compile-filter.ts';

/** A field that a collection is sorted by. */
export interface SortColumn {
  /**
   * Text folded, in its collation: `lower(p.name)`. PostgreSQL reads an index on `(lower(p.name), id)` without the table
   * only if it also includes `name` itself; a deep offset wants that, and `where` as the index's predicate.
   */
  expression: RawBuilder<unknown>;
  /** Left out where it is never null, so that one index serves both directions. */
  nullable?: boolean;
}

/** What a collection is in SQL. */
export interface Collection {
  /** Columns of the answer, named as the row names them; they are computed for the page's rows alone. */
  columns: RawBuilder<unknown>;
  /** One table with its alias: `person p`. */
  from: RawBuilder<unknown>;
  /** Joins that only `columns` need. */
  joins?: RawBuilder<unknown>;
  /** Unique, breaks ties: `p.id`. */
  id: RawBuilder<unknown>;
  /** What holds for every row of it. */
  where: readonly RawBuilder<unknown>[];
  filters: FilterColumns;
  sorters: Readonly<Record<string, SortColumn>>;
  /** A total that nobody has to count, as a scalar sub-select; null where the filter leaves no such one. */
  knownTotal?(filter: CheckedFilter | null): RawBuilder<unknown> | null;
}

export interface CollectionRequest {
  filter: CheckedFilter | null;
  /** None: by id. */
  sorters: readonly Sorter[];
  limit: number;
  offset: number;
  withTotal: boolean;
}

export interface CollectionPage<Row> {
  rows: Row[];
  /** Of all rows that the filter leaves; null where nobody asked for it. */
  totalCount: number | null;
}

/** The page with its total, where that is known, else the total by a statement of its own at the same time. */
export async function readCollection<Row>(
  on: Queryable,
  collection: Collection,
  request: CollectionRequest,
): Promise<CollectionPage<Row>> {
  const read = readRows<Row & { total?: number }>(on, pageStatement<Row>(collection, request), {
    keepPlan: request.filter === null && request.offset === 0,
  });
  if (!request.withTotal) return { rows: await read, totalCount: null };
  const count = () => readRow<{ total: number }>(on, totalStatement(collection, request));
  const [rows, counted] = await Promise.all([read, knownTotal(collection, request) ? undefined : count()]);
  // A page without rows has no place for a total.
  const { total } = counted ?? rows[0] ?? (await count()) ?? {};
  return { rows, totalCount: total ?? 0 };
}

/**
 * The statement of a page; exported for benchmarks that run the same SQL. The inner select needs nothing but what
 * the index of filter or order has, so that rows that are skipped are not fetched; the outer one brings the order back.
 * A known total is in each row, as `total`: page and total are of one moment.
 */
export function pageStatement<Row>(
  collection: Collection,
  request: CollectionRequest,
): RawBuilder<Row & { total?: number }> {
  const { columns, from, id, joins } = collection;
  const order = orderOf(collection, request.sorters);
  const total = knownTotal(collection, request);
  return sql`
    select ${columns}${total ? sql`, ${total} as total` : sql``}
    from (
      select ${id} as page_id from ${from} where ${conditionOf(collection, request)} order by ${order}
      limit ${sql.lit(request.limit)} offset ${sql.lit(request.offset)}
    ) page
    join ${from} on ${id} = page.page_id ${joins ?? sql``}
    order by ${order}`;
}

/** The statement of a collection's total; exported for benchmarks as well. */
export function totalStatement(
  collection: Collection,
  request: CollectionRequest,
): RawBuilder<{ total: number }> {
  const total = knownTotal(collection, request);
  if (total) return sql`select ${total} as total`;
  return sql`select count(*) as total from ${collection.from} where ${conditionOf(collection, request)}`;
}

/** Null too where nobody asks for a total. */
function knownTotal(collection: Collection, request: CollectionRequest): RawBuilder<unknown> | null {
  return request.withTotal ? (collection.knownTotal?.(request.filter) ?? null) : null;
}

function conditionOf(collection: Collection, { filter }: CollectionRequest): RawBuilder<unknown> {
  const asked = filter ? [compileFilter(filter, collection.filters)] : [];
  return all([...collection.where, ...asked]);
}

/** Nulls are last both ways, ties are broken by id; after the id itself nothing is left to sort by. */
function orderOf(collection: Collection, sorters: readonly Sorter[]): RawBuilder<unknown> {
  const parts = sorters.map(({ path, descending }) => {
    const column = collection.sorters[path];
    if (!column) throw new Error(`readCollection: the sorter ${path} has no column`);
    if (!descending) return sql`${column.expression}`;
    return column.nullable ? sql`${column.expression} desc nulls last` : sql`${column.expression} desc`;
  });
  const byId = sorters.some(({ path }) => collection.sorters[path]?.expression === collection.id);
  return sql.join(byId ? parts : [...parts, collection.id]);
}
