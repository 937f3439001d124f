// Reads a CSV file row by row (RFC 4180), with the line each row begins on.
import { CsvError, type Parser, parse } from 'csv-parse';
import { AppError } from '../../domain/app-error.ts';
import type { CsvConfig } from './config.ts';
import type { ImportFile } from './import-file.ts';
import { utf8Chunks } from './utf8-chunks.ts';

/** One row: its cells and the line it ends on, counted from 1. */
export interface CsvRow {
  cells: string[];
  line: number;
}

/** A row of more bytes than this is a quote that was never closed. */
const MAX_ROW_BYTES = 16 << 20;

const REASONS: Record<string, string> = {
  CSV_QUOTE_NOT_CLOSED: 'a quoted value does not end',
  CSV_INVALID_CLOSING_QUOTE: 'something other than the delimiter follows a closing quote',
  INVALID_OPENING_QUOTE:
    'a quote stands inside a value that is not quoted (it must be doubled, and the value quoted)',
  CSV_MAX_RECORD_SIZE: 'a row is longer than 16 MiB: a quote is probably not closed',
};

function parseError(error: unknown, name: string, firstLine: number): unknown {
  if (!(error instanceof CsvError)) return error;
  const line = typeof error.lines === 'number' ? error.lines : firstLine;
  const reason = REASONS[error.code] ?? `it is not CSV (${error.code})`;
  return new AppError('malformed_file', `The file '${name}' cannot be read at line ${line}: ${reason}.`, {
    cause: error,
  });
}

function createParser(delimiter: string): Parser {
  return parse({
    delimiter,
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: MAX_ROW_BYTES,
    info: true,
  });
}

/**
 * The rows of a file in lots, the header included, in constant memory.
 * @throws AppError `malformed_file` with the line.
 */
export async function* csvRows(
  file: ImportFile,
  options: Pick<CsvConfig, 'delimiter' | 'encoding'>,
): AsyncGenerator<CsvRow[]> {
  const parser = createParser(options.delimiter);
  let failure: { error: unknown } | null = null;
  let rows: CsvRow[] = [];
  let lastLine = 1;
  const drain = () => {
    for (;;) {
      const read = parser.read() as { record: string[]; info: { lines: number } } | null;
      if (read === null) return;
      lastLine = read.info.lines;
      rows.push({ cells: read.record, line: lastLine });
    }
  };
  parser.on('readable', drain);
  parser.on('error', (error) => {
    failure = { error };
  });
  try {
    for await (const chunk of utf8Chunks(file, options.encoding)) {
      await new Promise<void>((resolve) => {
        if (chunk.length === 0) resolve();
        else parser.write(chunk, () => resolve());
      });
      drain();
      yield* take();
    }
    await new Promise<void>((resolve) => {
      parser.once('end', resolve).once('error', () => resolve());
      parser.end(drain);
    });
    drain();
    yield* take();
  } finally {
    parser.destroy();
  }

  function* take(): Generator<CsvRow[]> {
    if (failure !== null) throw parseError(failure.error, file.name, lastLine);
    if (rows.length > 0) {
      const lot = rows;
      rows = [];
      yield lot;
    }
  }
}
