// Pages through a list that is in memory as a whole, as an object's attributes or a source's schema are.
import type { ListRequest, ListResult } from '../../database/queries/list-rows.ts';

/** @param rows sorted by name, each name once. */
export function pageOf<Row extends { name: string }>(rows: Row[], page: ListRequest): ListResult<Row> {
  const ordered = page.descending ? rows.toReversed() : rows;
  const after = page.after ? ordered.findIndex((row) => row.name === page.after?.id) + 1 : page.offset;
  const shown = ordered.slice(after, after + page.limit);
  const last = shown.at(-1);
  const next = last && after + page.limit < ordered.length ? { key: null, rank: null, id: last.name } : null;
  return { rows: shown, totalCount: rows.length, next };
}
