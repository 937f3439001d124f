// Lists as CSV: every matching row, streamed in constant memory (RFC 4180).
import { Readable } from 'node:stream';
import { stringify } from 'csv-stringify/sync';
import type { Response } from 'express';
import { z } from 'zod';

/** A column: its heading and the path to its value. */
export interface CsvColumn {
  heading: string;
  path: string[];
}

/** The columns of a row schema; objects are flattened (`counts.read`), lists become JSON. */
export function csvColumns(schema: z.ZodObject, prefix: string[] = []): CsvColumn[] {
  return Object.entries(schema.shape).flatMap(([key, value]) => {
    const path = [...prefix, key];
    const inner = unwrap(value as z.ZodType);
    // One level: deeper objects are few, and stay readable as JSON.
    if (prefix.length === 0 && inner instanceof z.ZodObject) return csvColumns(inner, path);
    return [{ heading: path.join('.'), path }];
  });
}

function unwrap(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodNullable || schema instanceof z.ZodOptional
    ? unwrap(schema.unwrap() as z.ZodType)
    : schema;
}

/**
 * Streams batches as CSV and takes care of the connection: reading stops when the client goes away, and a
 * failure in the middle breaks the connection, so that nobody takes a part for the whole.
 */
export function csvStream(
  response: Response,
  fileName: string,
  columns: CsvColumn[],
  batches: AsyncIterable<object[]>,
  onError: (error: Error) => void,
): Readable {
  response.setHeader('Content-Type', 'text/csv; charset=utf-8; header=present');
  response.setHeader('Content-Disposition', `attachment; filename="${fileName}"`);
  const stream = Readable.from(lines(columns, batches), { objectMode: false, highWaterMark: 64 * 1024 });
  stream.once('error', (error) => {
    onError(error);
    response.destroy();
  });
  if (response.closed || response.destroyed) stream.destroy();
  else response.once('close', () => stream.destroy());
  return stream;
}

async function* lines(columns: CsvColumn[], batches: AsyncIterable<object[]>): AsyncGenerator<string> {
  yield write([columns.map((column) => column.heading)]);
  for await (const batch of batches)
    if (batch.length > 0)
      yield write(batch.map((row) => columns.map((column) => cell(valueAt(row, column.path)))));
}

function write(records: string[][]): string {
  return stringify(records, { record_delimiter: '\r\n', quoted_match: /[\r\n]/ });
}

function valueAt(row: object, path: string[]): unknown {
  let value: unknown = row;
  for (const key of path) value = (value as Record<string, unknown> | null | undefined)?.[key];
  return value;
}

/**
 * A cell that a spreadsheet would run as a formula gets an apostrophe in front (OWASP, "CSV Injection");
 * numbers are left alone.
 */
function cell(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return /^[=+\-@\t\r\n＝＋－＠]/u.test(value) ? `'${value}` : value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return JSON.stringify(value);
}

/** The row schema inside a list's envelope. */
export function rowSchemaOf(envelope: z.ZodObject<{ data: z.ZodArray<z.ZodObject> }>): z.ZodObject {
  return envelope.shape.data.element;
}
