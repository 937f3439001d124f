// Serves every list the same way: page or cursor, order, total, `next` link, or all rows as CSV.
import { createSecretKey, type KeyObject } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { Request, Response } from 'express';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { ZodObject } from 'zod';
import { DEFAULT_PAGE_SIZE, MAX_CURSOR_LENGTH } from '../../contracts/schemas.ts';
import { createExportCursor, type ExportCursor } from '../../database/queries/export-cursor.ts';
import type { ListRequest, ListResult, Position } from '../../database/queries/list-rows.ts';
import { AppError } from '../../domain/app-error.ts';
import { csvColumns, csvStream } from './csv.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { pathOf, requestId } from './request-context.ts';
import { invalidRequest } from './validation-errors.ts';

/** What a list's query string may hold beside its filters. */
export interface ListQuery<Sort extends string> {
  page?: number | undefined;
  pageSize?: number | undefined;
  cursor?: string | undefined;
  sort?: Sort | `-${Sort}` | undefined;
  format?: 'json' | 'csv' | undefined;
}

/** What a ts-rest handler is given; its request type has no plain form. */
export interface ListInput<Sort extends string> {
  req: unknown;
  res: Response;
  query: ListQuery<Sort>;
}

export interface ListOptions<Sort extends string, Row extends object> {
  defaultSort: Sort | `-${Sort}`;
  /** A row as the contract shows it: its fields are the CSV's columns. */
  rowSchema: ZodObject;
  /** The file that a CSV is offered as, without its ending. */
  fileName: string;
  read: (request: ListRequest<Sort>) => Promise<ListResult<Row>>;
}

export interface ListBody<Row> {
  data: Row[];
  totalCount: number;
  page: number;
  pageSize: number;
}

export type RespondWithList = <Sort extends string, Row extends object>(
  input: ListInput<Sort>,
  options: ListOptions<Sort, Row>,
) => Promise<{ status: 200; body: ListBody<Row> }>;

/** Rows a batch of those exports that are in memory anyway; the others' batches are the cursor's. */
const EXPORT_BATCH = 2_000;
/** Exports of a process at the same time: each keeps a connection of the pool for as long as its reader takes. */
const MOST_EXPORTS = 4;

/** @param cursorSecret signs cursors; the same in all API processes. */
export function createListResponder(cursorSecret: Uint8Array, pool: Pool, logger: Logger): RespondWithList {
  const cursorKey = createSecretKey(cursorSecret);
  let exportsGoing = 0;
  const openExport = (): ExportCursor => {
    if (exportsGoing >= MOST_EXPORTS)
      throw new AppError('unavailable', 'Too many exports are going on at the moment; try again.', {
        headers: { 'Retry-After': '5' },
      });
    exportsGoing += 1;
    const cursor = createExportCursor(pool);
    let ended = false;
    return {
      batch: cursor.batch,
      close() {
        if (!ended) exportsGoing -= 1;
        ended = true;
        return cursor.close();
      },
    };
  };
  return async (input, options) => {
    const request = input.req as Request;
    input.res.vary('Accept');
    // ts-rest pipes streams; its types know only the contract's JSON.
    if (wantsCsv(request, input.query))
      return { status: 200, body: (await exportOf(input, options, openExport(), logger)) as never };
    return { status: 200, body: await pageFor(input, options, cursorKey) };
  };
}

async function pageFor<Sort extends string, Row extends object>(
  { req, res, query }: ListInput<Sort>,
  options: ListOptions<Sort, Row>,
  cursorKey: KeyObject,
): Promise<ListBody<Row>> {
  const request = req as Request;
  const signed = filtersOf(request, query);
  const { page, after } = startOf(query, cursorKey, signed);
  const pageSize = query.pageSize ?? DEFAULT_PAGE_SIZE;
  const offset = after ? 0 : (page - 1) * pageSize;
  const order = orderOf(query.sort ?? options.defaultSort, query.sort !== undefined);
  const result = await options.read({ ...order, limit: pageSize, offset, after, withTotal: true });
  if (result.next) {
    const cursor = encodeCursor(cursorKey, signed, { position: result.next, page: page + 1 });
    res.setHeader('Link', `<${nextUrl(request, cursor, page + 1)}>; rel="next"`);
  }
  return { data: result.rows, totalCount: result.totalCount, page, pageSize };
}

async function exportOf<Sort extends string, Row extends object>(
  { req, res, query }: ListInput<Sort>,
  options: ListOptions<Sort, Row>,
  cursor: ExportCursor,
  logger: Logger,
): Promise<Readable> {
  const order = orderOf(query.sort ?? options.defaultSort, query.sort !== undefined);
  const context = { requestId: requestId(req as Request) };
  const failed = ({ message }: Error) => logger.error({ ...context, message }, 'an export broke off');
  try {
    const batches = await startExport(options.read, { ...order, cursor });
    const stream = csvStream(res, `${options.fileName}.csv`, csvColumns(options.rowSchema), batches, failed);
    // Here and not where the batches end: a reader may go away before it has taken the first.
    stream.once('close', () => void cursor.close());
    return stream;
  } catch (error) {
    await cursor.close();
    throw error;
  }
}

function orderOf<Sort extends string>(sort: Sort | `-${Sort}`, sortGiven: boolean) {
  const descending = sort.startsWith('-');
  return { sort: (descending ? sort.slice(1) : sort) as Sort, descending, sortGiven };
}

function startOf(
  query: ListQuery<string>,
  key: KeyObject,
  filters: unknown,
): { page: number; after: Position | null } {
  if (query.cursor === undefined) return { page: query.page ?? 1, after: null };
  if (query.page !== undefined)
    throw invalidRequest([
      { path: 'query.page', message: 'cannot be combined with cursor, which has its own page' },
    ]);
  const place = decodeCursor(key, filters, query.cursor);
  return { page: place.page, after: place.position };
}

/** What a cursor is bound to: path, filters and order; neither the page, nor its size, nor the format. */
function filtersOf(request: Request, query: ListQuery<string>): unknown {
  const { page, pageSize, cursor, format, ...filters } = query;
  const entries = Object.entries(filters).filter(([, value]) => value !== undefined);
  return [pathOf(request.originalUrl), entries.sort(([a], [b]) => (a < b ? -1 : 1))];
}

/** @param page of the next page, for where its cursor would be too long for a URL: a name has no longest length. */
function nextUrl(request: Request, cursor: string, page: number): string {
  const url = request.originalUrl;
  const end = url.indexOf('?');
  const parameters = new URLSearchParams(end < 0 ? '' : url.slice(end + 1));
  parameters.delete('page');
  parameters.delete('cursor');
  if (cursor.length <= MAX_CURSOR_LENGTH) parameters.set('cursor', cursor);
  else parameters.set('page', String(page));
  // Relative to the server: behind a proxy, only the client knows which host it called.
  return `${end < 0 ? url : url.slice(0, end)}?${parameters}`;
}

function wantsCsv(request: Request, query: ListQuery<string>): boolean {
  if (query.format !== undefined) return query.format === 'csv';
  const accept = request.headers.accept;
  return accept?.includes('csv') === true && request.accepts(['json', 'csv']) === 'csv';
}

/** Reads the first batch at once, so that what is wrong with it is still an error answer and not a broken file. */
async function startExport<Sort extends string, Row extends object>(
  read: ListOptions<Sort, Row>['read'],
  order: { sort: Sort; descending: boolean; sortGiven: boolean; cursor: ExportCursor },
): Promise<AsyncIterable<Row[]>> {
  const batch = (after: Position | null) =>
    read({ ...order, limit: EXPORT_BATCH, offset: 0, after, withTotal: false });
  const first = await batch(null);
  return (async function* () {
    let current = first;
    yield current.rows;
    while (current.next) {
      current = await batch(current.next);
      yield current.rows;
    }
  })();
}
