// Streams rows into a table through COPY's text format.
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';

/** A value of COPY: text as it is, numbers and booleans in PostgreSQL's spelling, null. */
export type CopyValue = string | number | boolean | null;

const NEEDS_ESCAPE = /[\\\n\r\t]/;
const ESCAPES: Record<string, string> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };
/** Characters that are gathered before they are handed to the connection. */
const CHUNK = 256 * 1024;

/** One line of COPY's text format (PostgreSQL manual, COPY, "Text Format"). */
export function copyLine(values: readonly CopyValue[]): string {
  let line = '';
  for (let index = 0; index < values.length; index++) {
    if (index > 0) line += '\t';
    const value = values[index] as CopyValue;
    if (value === null) line += '\\N';
    else if (typeof value !== 'string') line += value;
    else if (NEEDS_ESCAPE.test(value))
      line += value.replace(/[\\\n\r\t]/g, (character) => ESCAPES[character] as string);
    else line += value;
  }
  return `${line}\n`;
}

/**
 * Copies `lines` (see `copyLine`) into `table (columns)`, as fast as the server takes them and no faster, so that
 * memory holds one chunk. Both names are ours, never a user's.
 */
export async function copyRows(
  client: pg.PoolClient,
  table: string,
  columns: readonly string[],
  lines: Iterable<string>,
): Promise<void> {
  const stream = client.query(copyFrom(`copy ${table} (${columns.join(', ')}) from stdin`));
  const done = finished(stream);
  // The stream may fail while we wait for room; `done` then carries the reason and is awaited below.
  done.catch(() => {});
  let chunk = '';
  for (const line of lines) {
    chunk += line;
    if (chunk.length < CHUNK) continue;
    if (!stream.write(chunk)) await Promise.race([once(stream, 'drain'), done]);
    chunk = '';
  }
  stream.end(chunk);
  await done;
}
