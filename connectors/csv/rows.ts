// Reads a CSV file row by row (RFC 4180), with the line each row begins on.
import { CsvError, type Parser, parse } from 'csv-parse';
import { AppError } from '../../domain/app-error.ts';
import type { SourceFile } from '../source-file.ts';
import type { CsvConfig } from './config.ts';
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

/** Line breaks inside of quoted values. */
function lineBreaks(cells: string[]): number {
  let count = 0;
  for (const cell of cells) {
    for (let at = cell.indexOf('\n'); at >= 0; at = cell.indexOf('\n', at + 1)) count += 1;
  }
  return count;
}

function createParser(delimiter: string): Parser {
  return parse({
    delimiter,
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    max_record_size: MAX_ROW_BYTES,
  });
}

/** Feeds text to the parser and gathers the rows that come out. */
class RowCollector {
  private readonly parser: Parser;
  private readonly name: string;
  private rows: CsvRow[] = [];
  private line = 0;
  private failure: { error: unknown } | null = null;

  constructor(delimiter: string, name: string) {
    this.name = name;
    this.parser = createParser(delimiter);
    this.parser.on('readable', () => this.drain());
    this.parser.on('error', (error) => {
      this.failure = { error };
    });
  }

  private drain(): void {
    for (;;) {
      const cells = this.parser.read() as string[] | null;
      if (cells === null) return;
      // Counted here: the parser's own account of each row costs as much as the row.
      this.line += 1 + lineBreaks(cells);
      if (cells.length > 1 || cells[0] !== '') this.rows.push({ cells, line: this.line });
    }
  }

  /** Parses a chunk and returns the rows that are complete. */
  async write(chunk: Buffer): Promise<CsvRow[]> {
    if (chunk.length > 0) {
      await new Promise<void>((resolve) => {
        this.parser.write(chunk, () => resolve());
      });
    }
    return this.take();
  }

  /** Parses what is left and returns the last rows. */
  async end(): Promise<CsvRow[]> {
    await new Promise<void>((resolve) => {
      this.parser.once('end', resolve).once('error', () => resolve());
      this.parser.end(() => this.drain());
    });
    return this.take();
  }

  private take(): CsvRow[] {
    this.drain();
    if (this.failure !== null) throw parseError(this.failure.error, this.name, this.line + 1);
    const { rows } = this;
    this.rows = [];
    return rows;
  }

  destroy(): void {
    this.parser.destroy();
  }
}

/**
 * The rows of a file in lots, the header included, in constant memory.
 * @throws AppError `malformed_file` with the line.
 */
export async function* csvRows(
  file: SourceFile,
  options: Pick<CsvConfig, 'delimiter' | 'encoding'>,
): AsyncGenerator<CsvRow[]> {
  const collector = new RowCollector(options.delimiter, file.name);
  try {
    for await (const chunk of utf8Chunks(file, options.encoding)) {
      const rows = await collector.write(chunk);
      if (rows.length > 0) yield rows;
    }
    const last = await collector.end();
    if (last.length > 0) yield last;
  } finally {
    collector.destroy();
  }
}
