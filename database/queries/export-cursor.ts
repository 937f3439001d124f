// Reads all rows of a list out of one snapshot, a batch at a time, for exports.
import type pg from 'pg';
import { AppError } from '../../domain/app-error.ts';
import { type RawBuilder, sql } from '../sql.ts';
import { readRows } from './read-rows.ts';

/** Rows a batch: few enough to hold, many enough that asking for them costs little. */
const BATCH = 2_000;
/** What a batch may take: the first one may have to sort the whole list. */
const BATCH_TIMEOUT_MS = 300_000;
/** A snapshot that nobody reads from is given up: it keeps a connection, and dead rows from being cleared away. */
const IDLE_MS = 60_000;

/** One export: a read-only transaction with a server-side cursor, opened by the first batch. */
export interface ExportCursor {
  /**
   * The first rows of `statement`, and with each further call the next ones; none after the last.
   * @throws AppError `unavailable` once the export was given up.
   */
  batch<Row>(statement: RawBuilder<Row>): Promise<Row[]>;
  /** Ends the transaction; may be called at any time, and more than once. */
  close(): Promise<void>;
}

export interface ExportCursorOptions {
  /** How long nobody may ask for the next batch, in milliseconds. */
  idleMs?: number;
}

export function createExportCursor(pool: pg.Pool, options: ExportCursorOptions = {}): ExportCursor {
  let opening: Promise<pg.PoolClient> | null = null;
  let closing: Promise<void> | null = null;
  let idle: NodeJS.Timeout | undefined;
  const close = () => {
    clearTimeout(idle);
    closing ??= end(opening);
    return closing;
  };
  return {
    async batch<Row>(statement: RawBuilder<Row>) {
      clearTimeout(idle);
      if (closing) throw new AppError('unavailable', 'This export was given up: nobody read it.');
      opening ??= open(pool, statement);
      const client = await opening;
      const fetch = sql<Row>`fetch ${sql.lit(BATCH)} from export`;
      const rows = await readRows(client, fetch, { timeoutMs: BATCH_TIMEOUT_MS });
      if (!closing) idle = setTimeout(close, options.idleMs ?? IDLE_MS).unref();
      return rows;
    },
    close,
  };
}

async function open(pool: pg.Pool, statement: RawBuilder<unknown>): Promise<pg.PoolClient> {
  const client = await pool.connect();
  try {
    await client.query('begin isolation level repeatable read read only');
    // All rows are wanted, not the first of them soon.
    await client.query(
      `set local cursor_tuple_fraction = 1; set local statement_timeout = ${BATCH_TIMEOUT_MS}`,
    );
    await readRows(client, sql`declare export no scroll cursor for ${statement}`);
    return client;
  } catch (error) {
    client.release(true);
    throw error;
  }
}

async function end(opening: Promise<pg.PoolClient> | null): Promise<void> {
  const client = await opening?.catch(() => null);
  if (!client) return;
  await client.query('rollback').then(
    () => client.release(),
    () => client.release(true),
  );
}
