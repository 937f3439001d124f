// Reads one CSV table from its header to its end: which rows are entries, which come twice, which groups wait.
import type { IsSecretAttribute } from '../../domain/secret-attributes.ts';
import type { ReadEntry, RejectedEntry, SourcePage } from '../../domain/source-entry.ts';
import type { SourceFile } from '../source-file.ts';
import { type Columns, readHeader } from './columns.ts';
import type { CsvConfig } from './config.ts';
import { DuplicateKeys } from './duplicate-keys.ts';
import type { MembershipJoin } from './membership-join.ts';
import { type IdentifiedRow, RowReader, rejectRow } from './row-entries.ts';
import { type CsvRow, csvRows } from './rows.ts';

const GROUPS_PER_PAGE = 500;
const VALUES_PER_PAGE = 50_000;

/** A file, its columns, and its rows after the header. */
export interface OpenTable {
  columns: Columns;
  rows: AsyncGenerator<CsvRow[]>;
}

export function page(
  entries: ReadEntry[],
  rejected: RejectedEntry[] = [],
  notices: string[] = [],
): SourcePage {
  return { entries, rejected, notices };
}

export async function openTable(
  file: SourceFile,
  config: CsvConfig,
  isSecret: IsSecretAttribute,
): Promise<OpenTable> {
  const lots = csvRows(file, config);
  const first = await lots.next();
  const lot = first.done ? [] : first.value;
  const columns = readHeader(lot[0]?.cells ?? [], file.name, config, isSecret);
  async function* rows() {
    yield lot.slice(1);
    yield* lots;
  }
  return { columns, rows: rows() };
}

/** A reader of a table's rows. */
function rowReader(config: CsvConfig, { columns }: OpenTable): RowReader {
  return new RowReader({ file: config.file, columns, separator: config.multiValueSeparator });
}

/** Groups in pages that stay small whatever their members are, each with the number of its last group. */
export async function* groupPages(
  join: MembershipJoin,
  config: CsvConfig,
  table: OpenTable,
  behind: number,
): AsyncGenerator<{ page: SourcePage; at: number }> {
  const reader = rowReader(config, table);
  let entries: ReadEntry[] = [];
  let values = 0;
  let at = 0;
  for await (const { key, cells, members, size } of join.groups()) {
    at += 1;
    if (at <= behind) continue;
    entries.push(reader.entry({ key, objectClass: 'group', cells }, members));
    values += size;
    if (entries.length < GROUPS_PER_PAGE && values < VALUES_PER_PAGE) continue;
    yield { page: page(entries), at };
    entries = [];
    values = 0;
  }
  // What is told of all groups counts as one more.
  at += 1;
  if (at <= behind) return;
  const { count, example } = join.unmatched();
  const notice = `${count} memberships name groups that the file does not have ('${example}', for instance).`;
  yield { page: page(entries, [], count === 0 ? [] : [notice]), at };
}

/** One of the two times that a file is gone through. */
export interface Pass {
  /** Only rows that were held back are of interest. */
  isSecond: boolean;
  /** Nothing is made of rows up to this line, but they are known to have been there. */
  behind: number;
}

/** One read of the file: knows which classes are wanted, which keys came before, where groups wait. */
export class TableRead {
  private readonly config: CsvConfig;
  private readonly classes: Set<string>;
  private readonly duplicates: DuplicateKeys;
  private readonly join: MembershipJoin | null;
  private readonly unread = new Map<string, number>();

  constructor(config: CsvConfig, classes: Set<string>, size: number, join: MembershipJoin | null) {
    this.config = config;
    this.classes = classes;
    this.duplicates = new DuplicateKeys(size, config.keyColumn);
    this.join = join;
  }

  /** Pages with the line that each ends on. */
  async *pages(
    table: OpenTable,
    pass: Pass,
    signal: AbortSignal,
  ): AsyncGenerator<{ page: SourcePage; at: number }> {
    const reader = rowReader(this.config, table);
    for await (const lot of table.rows) {
      signal.throwIfAborted();
      const out = page([]);
      for (const row of lot) {
        const identified = reader.identify(row);
        if ('key' in identified) {
          const written = this.take(reader, identified, pass, out);
          if (written !== null) await written;
        } else if (!pass.isSecond && row.line > pass.behind) out.rejected.push(identified.rejected);
      }
      if (out.entries.length + out.rejected.length > 0) yield { page: out, at: lot.at(-1)?.line ?? 0 };
    }
  }

  private take(
    reader: RowReader,
    row: IdentifiedRow,
    { isSecond, behind }: Pass,
    out: SourcePage,
  ): Promise<void> | null {
    const { key, objectClass, cells, line } = row;
    if (!isSecond) {
      if (this.duplicates.holds(key, line)) return null;
    } else {
      const verdict = this.duplicates.judge(key, line);
      if (verdict.kind === 'done') return null;
      if (verdict.kind === 'duplicate') {
        if (!this.classes.has(objectClass) || line <= behind) return null;
        const reason = `its key '${key}' is that of line ${verdict.firstLine} already`;
        out.rejected.push(rejectRow(this.config.file, line, 'malformed_row', reason, row.distinguishedName));
        return null;
      }
    }
    if (!this.classes.has(objectClass)) {
      this.unread.set(objectClass, (this.unread.get(objectClass) ?? 0) + 1);
      return null;
    }
    if (objectClass === 'group' && this.join !== null) return this.join.addGroup(key, cells);
    if (line > behind) out.entries.push(reader.entry(row));
    return null;
  }

  get needsSecondPass(): boolean {
    return this.duplicates.hasSuspects;
  }

  /** Rows whose class no scope names, by class. */
  notices(): string[] {
    const known = [...this.unread].slice(0, 20);
    return known.map(
      ([name, count]) => `${count} rows of class '${name}' were not read: no scope names that class.`,
    );
  }
}

export function headerNotices(file: string, columns: Columns): string[] {
  return columns.secret.map((name) => `The column '${name}' of '${file}' holds secrets and is not read.`);
}
