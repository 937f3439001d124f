// Serves every collection of the SailPoint-shaped surface the same way: filters, sorters, limit, offset and count.
import type { Response } from 'express';
import type { Pool } from 'pg';
import { MAX_LIMIT } from '../../contracts/sailpoint/schemas.ts';
import { type Collection, readCollection } from '../../database/queries/filters/read-collection.ts';
import { checkFilter, type FilterFields } from '../../domain/filters/filter-fields.ts';
import { parseFilter } from '../../domain/filters/parse-filter.ts';
import { parseSorters } from '../../domain/filters/sorters.ts';

/** What `collectionQuery` leaves of a query string. */
export interface CollectionQuery {
  filters?: string | undefined;
  sorters?: string | undefined;
  limit?: number | undefined;
  offset?: number | undefined;
  count?: boolean | undefined;
}

/** An endpoint: what may be asked of it, and where its rows are. */
export interface CollectionEndpoint<Row, Body> {
  /** Exactly the fields and operators that its documentation lists. */
  fields: FilterFields;
  /** A column for each field, and one for each field to sort by. */
  collection: Collection;
  toBody: (row: Row) => Body;
}

/** @throws FilterError for `filters` and `sorters` that the endpoint does not take. */
export async function respondWithCollection<Row, Body>(
  pool: Pool,
  { query, res }: { query: CollectionQuery; res: Response },
  { fields, collection, toBody }: CollectionEndpoint<Row, Body>,
): Promise<{ status: 200; body: Body[] }> {
  const { rows, totalCount } = await readCollection<Row>(pool, collection, {
    filter: query.filters === undefined ? null : checkFilter(parseFilter(query.filters), fields),
    sorters: query.sorters === undefined ? [] : parseSorters(query.sorters, Object.keys(collection.sorters)),
    limit: query.limit ?? MAX_LIMIT,
    offset: query.offset ?? 0,
    withTotal: query.count ?? false,
  });
  if (totalCount !== null) res.setHeader('X-Total-Count', String(totalCount));
  return { status: 200, body: rows.map(toBody) };
}
