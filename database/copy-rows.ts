// Streams rows into a table through COPY's text format.
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';

/** A value of COPY: text as it is, numbers and booleans in PostgreSQL's spelling, null. */
export type CopyValue = string | number | boolean | null;

const NEEDS_ESCAPE = /[\\\n\r\t]/;
const ESCAPES: Record<string, string> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };
/** Bytes of the first chunk of rows, and of the largest: they grow, so that few rows take little room. */
const FIRST_CHUNK = 16 * 1024;
const LARGEST_CHUNK = 256 * 1024;

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

const NOTHING = Buffer.alloc(0);

/**
 * Rows as COPY takes them. Each is turned into bytes as it is added: what waits for the database lies outside the
 * heap, where the garbage collector need not look at it time and again.
 */
export class CopyRows {
  /** How many rows there are. */
  count = 0;
  private readonly full: Buffer[] = [];
  private current = NOTHING;
  private used = 0;
  /** Of the next chunk. */
  private size = FIRST_CHUNK;

  add(values: readonly CopyValue[]): void {
    const line = copyLine(values);
    this.count += 1;
    // Three bytes are the most that one unit of a JavaScript string becomes in UTF-8.
    if (this.current.length - this.used < line.length * 3) this.begin(line.length * 3);
    this.used += this.current.write(line, this.used);
  }

  /** Whether a chunk is complete. */
  get isFull(): boolean {
    return this.full.length > 0;
  }

  /** Hands out what was added, and forgets it. */
  take(): Buffer[] {
    const chunks = [...this.full.splice(0), this.current.subarray(0, this.used)];
    this.current = NOTHING;
    this.used = 0;
    return chunks.filter((chunk) => chunk.length > 0);
  }

  private begin(room: number): void {
    if (this.used > 0) this.full.push(this.current.subarray(0, this.used));
    this.current = Buffer.allocUnsafeSlow(Math.max(this.size, room));
    this.size = Math.min(LARGEST_CHUNK, this.size * 2);
    this.used = 0;
  }
}

/** Rows that are made while they are sent, in chunks. */
export function* chunksOf(rows: Iterable<readonly CopyValue[]>): Iterable<Buffer> {
  const made = new CopyRows();
  for (const row of rows) {
    made.add(row);
    if (made.isFull) yield* made.take();
  }
  yield* made.take();
}

/**
 * Copies the chunks into `table (columns)`, as fast as the server takes them and no faster, so that memory holds
 * what is there and one chunk more; no chunk, no statement. Both names are ours, never a user's.
 */
export async function copyRows(
  client: pg.PoolClient,
  table: string,
  columns: readonly string[],
  chunks: Iterable<Buffer> | AsyncIterable<Buffer>,
): Promise<void> {
  const iterator =
    Symbol.asyncIterator in chunks ? chunks[Symbol.asyncIterator]() : chunks[Symbol.iterator]();
  let next = await iterator.next();
  if (next.done) return;
  const stream = client.query(copyFrom(`copy ${table} (${columns.join(', ')}) from stdin`));
  const done = finished(stream);
  // The stream may fail while we wait for room; `done` then carries the reason and is awaited below.
  done.catch(() => {});
  try {
    for (; !next.done; next = await iterator.next()) {
      if (!stream.write(next.value)) await Promise.race([once(stream, 'drain'), done]);
    }
  } catch (error) {
    // Whoever makes the rows failed: the statement must end before the transaction can be rolled back.
    stream.destroy(new Error('there are no more rows'));
    await done.catch(() => {});
    throw error;
  }
  stream.end();
  await done;
}
