// The CSV connector: reads entries, and groups with their members, out of files in the import folder.
import type { IsSecretAttribute } from '../../domain/secret-attributes.ts';
import { secretAttributes } from '../../domain/secret-attributes.ts';
import type { RejectedEntry, SourceEntry, SourcePage } from '../../domain/source-entry.ts';
import type { CapableConnector, ConnectorContext, SourceScope } from '../connector.ts';
import { type Columns, readHeader } from './columns.ts';
import type { CsvConfig } from './config.ts';
import { testCsvConnection } from './connection-test.ts';
import { DuplicateKeys } from './duplicate-keys.ts';
import { type ImportFile, openImportFile } from './import-file.ts';
import { createMembershipJoin, type MembershipJoin } from './membership-join.ts';
import { createRowReader, csvReferenceKey, rejectRow } from './row-entries.ts';
import { type CsvRow, csvRows } from './rows.ts';
import { assertReadableScopes, csvScopes } from './scopes.ts';

const GROUPS_PER_PAGE = 500;
const VALUES_PER_PAGE = 50_000;

/** A file, its columns, and its rows after the header. */
interface OpenTable {
  columns: Columns;
  rows: AsyncGenerator<CsvRow[]>;
}

function page(entries: SourceEntry[], rejected: RejectedEntry[] = [], notices: string[] = []): SourcePage {
  return { entries, rejected, notices };
}

async function openTable(
  file: ImportFile,
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

/** Groups in pages that stay small whatever their members are. */
async function* groupPages(join: MembershipJoin): AsyncGenerator<SourcePage> {
  let entries: SourceEntry[] = [];
  let values = 0;
  for await (const group of join.groups()) {
    entries.push(group);
    values += group.memberValues.length;
    if (entries.length < GROUPS_PER_PAGE && values < VALUES_PER_PAGE) continue;
    yield page(entries);
    entries = [];
    values = 0;
  }
  const { count, example } = join.unmatched();
  const notice = `${count} memberships name groups that the file does not have ('${example}', for instance).`;
  yield page(entries, [], count === 0 ? [] : [notice]);
}

/** One read of the file: knows which classes are wanted, which keys came before, where groups wait. */
class TableRead {
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

  /** @param isSecondPass whether only rows that were held back are of interest. */
  async *pages(table: OpenTable, isSecondPass: boolean, signal: AbortSignal): AsyncGenerator<SourcePage> {
    const reader = createRowReader({
      file: this.config.file,
      columns: table.columns,
      separator: this.config.multiValueSeparator,
    });
    for await (const lot of table.rows) {
      signal.throwIfAborted();
      const out = page([]);
      for (const row of lot) {
        const result = reader.read(row);
        if ('entry' in result) {
          const written = this.take(result.entry, row.line, isSecondPass, out);
          if (written !== null) await written;
        } else if (!isSecondPass) out.rejected.push(result.rejected);
      }
      if (out.entries.length + out.rejected.length > 0) yield out;
    }
  }

  private take(
    entry: SourceEntry,
    line: number,
    isSecondPass: boolean,
    out: SourcePage,
  ): Promise<void> | null {
    const key = entry.sourceId;
    if (!isSecondPass) {
      if (this.duplicates.holds(key, line)) return null;
    } else {
      const verdict = this.duplicates.judge(key, line);
      if (verdict.kind === 'done') return null;
      if (verdict.kind === 'duplicate') {
        if (!this.classes.has(entry.objectClass)) return null;
        const reason = `its key '${key}' is that of line ${verdict.firstLine} already`;
        out.rejected.push(
          rejectRow(this.config.file, line, 'malformed_row', reason, entry.distinguishedName),
        );
        return null;
      }
    }
    if (!this.classes.has(entry.objectClass)) {
      this.unread.set(entry.objectClass, (this.unread.get(entry.objectClass) ?? 0) + 1);
      return null;
    }
    if (entry.objectClass === 'group' && this.join !== null) return this.join.addGroup(entry);
    out.entries.push(entry);
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

function headerNotices(file: string, columns: Columns): string[] {
  return columns.secret.map((name) => `The column '${name}' of '${file}' holds secrets and is not read.`);
}

/** @param context `importDirectory` is the only place files are read from. */
export function createCsvConnector(config: CsvConfig, context: ConnectorContext): CapableConnector {
  const isSecret = secretAttributes(context.secretAttributes);
  const openFile = (name: string) => openImportFile(context.importDirectory, name);
  let hasNames = false;

  async function openColumns(): Promise<Columns> {
    const file = await openFile(config.file);
    try {
      const { columns, rows } = await openTable(file, config, isSecret);
      await rows.return(undefined);
      hasNames = columns.distinguishedName !== null;
      return columns;
    } finally {
      await file.close();
    }
  }

  async function* loadMemberships(join: MembershipJoin, file: ImportFile, signal: AbortSignal) {
    for await (const rejected of join.load(file, config)) {
      signal.throwIfAborted();
      if (rejected.length > 0) yield page([], rejected);
    }
    await file.assertUnchanged();
  }

  async function* readTable(
    file: ImportFile,
    classes: Set<string>,
    join: MembershipJoin | null,
    signal: AbortSignal,
  ) {
    const run = new TableRead(config, classes, file.size, join);
    const table = await openTable(file, config, isSecret);
    hasNames = table.columns.distinguishedName !== null;
    yield page([], [], headerNotices(config.file, table.columns));
    yield* run.pages(table, false, signal);
    if (run.needsSecondPass) yield* run.pages(await openTable(file, config, isSecret), true, signal);
    if (join !== null) yield* groupPages(join);
    await file.assertUnchanged();
    yield page([], [], run.notices());
  }

  async function* read(scopes: SourceScope[], signal: AbortSignal): AsyncGenerator<SourcePage> {
    signal.throwIfAborted();
    const classes = assertReadableScopes(scopes);
    const file = await openFile(config.file);
    let memberships: ImportFile | null = null;
    let join: MembershipJoin | null = null;
    try {
      if (config.membershipFile !== null && classes.has('group')) {
        memberships = await openFile(config.membershipFile);
        join = await createMembershipJoin(memberships.size);
        yield* loadMemberships(join, memberships, signal);
      }
      for await (const each of readTable(file, classes, join, signal)) {
        if (each.entries.length + each.rejected.length + each.notices.length > 0) yield each;
      }
    } finally {
      await Promise.all([file.close(), memberships?.close(), join?.close()]);
    }
  }

  return {
    defaultScopes: () => csvScopes(config),
    async connect(signal) {
      signal.throwIfAborted();
      await openColumns();
      if (config.membershipFile !== null) await (await openFile(config.membershipFile)).close();
    },
    test: (signal) => testCsvConnection(config, context.importDirectory, isSecret, signal),
    read,
    referenceKey: (value) => csvReferenceKey(value, hasNames),
    async schema() {
      const columns = await openColumns();
      const listed = columns.members === null ? columns.attributes : [...columns.attributes, columns.members];
      return listed
        .toSorted((one, other) => one.index - other.index)
        .map(({ name, splits }) => ({ name, multiValued: splits, binary: false, objectClasses: [] }));
    },
    async close() {},
  };
}
