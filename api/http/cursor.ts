// Cursors of lists: where a page starts, signed, and valid for the same filters and order only.
import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { Position } from '../../database/queries/list-rows.ts';
import { invalidRequest } from './validation-errors.ts';

export interface CursorPlace {
  position: Position;
  page: number;
}

/** @param filters whatever decides which rows the list has, and in which order. */
export function encodeCursor(key: KeyObject, filters: unknown, place: CursorPlace): string {
  const { position, page } = place;
  const body = JSON.stringify([position.key, position.rank, position.id, page]);
  const payload = Buffer.from(body).toString('base64url');
  return `${payload}.${sign(key, filters, payload)}`;
}

/** @throws AppError `invalid_request` for a cursor that was changed, or that belongs to another list. */
export function decodeCursor(key: KeyObject, filters: unknown, cursor: string): CursorPlace {
  const [payload, signature, ...rest] = cursor.split('.');
  if (!payload || !signature || rest.length > 0) throw wrongCursor();
  const given = Buffer.from(signature);
  const expected = Buffer.from(sign(key, filters, payload));
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw wrongCursor();
  const [sortKey, rank, id, page] = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
  return { position: { key: sortKey, rank, id }, page };
}

/** The signature covers the filters too, so that a cursor of one list is foreign to every other. */
function sign(key: KeyObject, filters: unknown, payload: string): string {
  const signed = `${payload}.${JSON.stringify(filters)}`;
  return createHmac('sha256', key).update(signed).digest('base64url').slice(0, 32);
}

function wrongCursor() {
  return invalidRequest([
    {
      path: 'query.cursor',
      message:
        'is not a cursor of this list with these filters and this order; start again from the first page',
    },
  ]);
}
