// The CSV connector: reads entries, and groups with their members, out of uploaded files and those of the import folder.

import type { ReadPosition } from '../../domain/read-position.ts';
import { type IsSecretAttribute, secretAttributes } from '../../domain/secret-attributes.ts';
import type { ReferenceKey, SourcePage } from '../../domain/source-entry.ts';
import type {
  CapableConnector,
  ConnectionTest,
  ConnectorContext,
  SchemaAttribute,
  SourceScope,
} from '../connector.ts';
import type { SourceFile } from '../source-file.ts';
import type { Columns } from './columns.ts';
import type { CsvConfig } from './config.ts';
import { testCsvConnection } from './connection-test.ts';
import { MembershipJoin } from './membership-join.ts';
import { fileOpener, type OpenFile } from './open-file.ts';
import { CsvProgress } from './progress.ts';
import { csvReferenceKey } from './row-entries.ts';
import { assertReadableScopes, csvScopes } from './scopes.ts';
import { groupPages, headerNotices, openTable, page, TableRead } from './table-read.ts';

class CsvConnector implements CapableConnector {
  private readonly config: CsvConfig;
  private readonly openFile: OpenFile;
  private readonly isSecret: IsSecretAttribute;
  /** Whether the file has a column of distinguished names; known once its header was read. */
  private hasNames = false;

  constructor(connectionId: string, config: CsvConfig, context: ConnectorContext) {
    this.config = config;
    this.openFile = fileOpener(connectionId, context);
    this.isSecret = secretAttributes(context.secretAttributes);
  }

  defaultScopes(): SourceScope[] {
    return csvScopes(this.config);
  }

  async connect(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await this.readColumns();
    if (this.config.membershipFile !== null) await (await this.openFile(this.config.membershipFile)).close();
  }

  test(signal: AbortSignal): Promise<ConnectionTest> {
    return testCsvConnection(this.config, this.openFile, this.isSecret, signal);
  }

  referenceKey(value: string): ReferenceKey | null {
    return csvReferenceKey(value, this.hasNames);
  }

  async schema(): Promise<SchemaAttribute[]> {
    const { attributes, members } = await this.readColumns();
    return (members === null ? attributes : [...attributes, members])
      .toSorted((one, other) => one.index - other.index)
      .map(({ name, splits }) => ({ name, multiValued: splits, binary: false, objectClasses: [] }));
  }

  async close(): Promise<void> {}

  private async openTable(file: SourceFile) {
    const table = await openTable(file, this.config, this.isSecret);
    this.hasNames = table.columns.distinguishedName !== null;
    return table;
  }

  private async readColumns(): Promise<Columns> {
    const file = await this.openFile(this.config.file);
    try {
      const { columns, rows } = await this.openTable(file);
      await rows.return(undefined);
      return columns;
    } finally {
      await file.close();
    }
  }

  read(scopes: SourceScope[], signal: AbortSignal): AsyncGenerator<SourcePage> {
    return this.pages(scopes, null, signal);
  }

  resume(scopes: SourceScope[], position: ReadPosition, signal: AbortSignal): AsyncGenerator<SourcePage> {
    return this.pages(scopes, position, signal);
  }

  private async *pages(
    scopes: SourceScope[],
    from: ReadPosition | null,
    signal: AbortSignal,
  ): AsyncGenerator<SourcePage> {
    signal.throwIfAborted();
    const { membershipFile } = this.config;
    const classes = assertReadableScopes(scopes);
    const file = await this.openFile(this.config.file);
    let memberships: SourceFile | null = null;
    let join: MembershipJoin | null = null;
    try {
      if (membershipFile !== null && classes.has('group')) memberships = await this.openFile(membershipFile);
      const progress = new CsvProgress([file, memberships], from);
      if (memberships) {
        join = await MembershipJoin.create(memberships.size);
        yield* this.loadMemberships(join, memberships, progress, signal);
      }
      const read = { file, run: new TableRead(this.config, classes, file.size, join), join, progress };
      for await (const each of this.readTable(read, signal)) {
        if (each.entries.length + each.rejected.length + each.notices.length > 0) yield each;
      }
    } finally {
      await Promise.all([file.close(), memberships?.close(), join?.close()]);
    }
  }

  private async *loadMemberships(
    join: MembershipJoin,
    file: SourceFile,
    progress: CsvProgress,
    signal: AbortSignal,
  ) {
    const lots = join.load(file, this.config, progress.behind('memberships'));
    for await (const { rejected, line } of lots) {
      signal.throwIfAborted();
      if (rejected.length > 0) yield progress.mark(page([], rejected), 'memberships', line);
    }
    await file.assertUnchanged();
  }

  private async *readTable(
    { file, run, join, progress }: FileRead,
    signal: AbortSignal,
  ): AsyncGenerator<SourcePage> {
    const table = await this.openTable(file);
    if (progress.behind('header') < 0)
      yield progress.mark(page([], [], headerNotices(this.config.file, table.columns)), 'header', 0);
    const first = { isSecond: false, behind: progress.behind('rows') };
    for await (const { page, at } of run.pages(table, first, signal)) yield progress.mark(page, 'rows', at);
    if (run.needsSecondPass) {
      const second = { isSecond: true, behind: progress.behind('held rows') };
      for await (const { page, at } of run.pages(await this.openTable(file), second, signal))
        yield progress.mark(page, 'held rows', at);
    }
    if (join !== null)
      for await (const { page, at } of groupPages(join, this.config, table, progress.behind('groups')))
        yield progress.mark(page, 'groups', at);
    await file.assertUnchanged();
    if (progress.behind('end') < 0) yield progress.mark(page([], [], run.notices()), 'end', 0);
  }
}

/** A read that is going on. */
interface FileRead {
  file: SourceFile;
  run: TableRead;
  join: MembershipJoin | null;
  progress: CsvProgress;
}

/** @param context where its files are: uploaded ones, and the import folder. */
export function createCsvConnector(
  connectionId: string,
  config: CsvConfig,
  context: ConnectorContext,
): CapableConnector {
  return new CsvConnector(connectionId, config, context);
}
