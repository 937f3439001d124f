// Runs the checks of a CSV connection test; those of a network are passed over in words.
import { AppError } from '../../domain/app-error.ts';
import type { IsSecretAttribute } from '../../domain/secret-attributes.ts';
import { createCheckRecorder } from '../check-recorder.ts';
import type { ConnectionTest } from '../connector.ts';
import type { SourceFile } from '../source-file.ts';
import { readHeader, readMembershipHeader } from './columns.ts';
import type { CsvConfig } from './config.ts';
import type { OpenFile } from './open-file.ts';
import { RowReader } from './row-entries.ts';
import { type CsvRow, csvRows } from './rows.ts';

const SAMPLE_ROWS = 1_000;

/** The header and the rows after it, as far as the test reads. */
async function firstRows(lots: AsyncGenerator<CsvRow[]>): Promise<CsvRow[]> {
  const rows: CsvRow[] = [];
  while (rows.length <= SAMPLE_ROWS) {
    const lot = await lots.next();
    if (lot.done) break;
    rows.push(...lot.value);
  }
  return rows.slice(0, SAMPLE_ROWS + 1);
}

async function readStart(file: SourceFile, config: CsvConfig, isSecret: IsSecretAttribute): Promise<string> {
  const lots = csvRows(file, config);
  try {
    const [header, ...rows] = await firstRows(lots);
    const columns = readHeader(header?.cells ?? [], file.name, config, isSecret);
    const reader = new RowReader({ file: file.name, columns, separator: config.multiValueSeparator });
    const results = rows.map((row) => reader.identify(row));
    const rejected = results.flatMap((result) => ('rejected' in result ? [result.rejected] : []));
    if (rejected.length > 0 && rejected.length === results.length) {
      throw new AppError(
        'malformed_file',
        `None of the first ${results.length} rows can be read: ${rejected[0]?.message}`,
      );
    }
    const some =
      rejected.length === 0 ? '' : ` ${rejected.length} of them cannot be taken: ${rejected[0]?.message}`;
    return `The header has ${columns.width} columns; read the first ${results.length} rows.${some}`;
  } finally {
    await lots.return(undefined);
  }
}

async function readMembershipStart(file: SourceFile, config: CsvConfig): Promise<void> {
  const lots = csvRows(file, config);
  try {
    const [header] = await firstRows(lots);
    readMembershipHeader(header?.cells ?? [], file.name);
  } finally {
    await lots.return(undefined);
  }
}

async function readStarts(
  [main, memberships]: SourceFile[],
  config: CsvConfig,
  isSecret: IsSecretAttribute,
): Promise<string> {
  const message = await readStart(main as SourceFile, config, isSecret);
  if (memberships !== undefined) await readMembershipStart(memberships, config);
  return message;
}

async function nothing(): Promise<void> {}

async function readFirstBytes(files: SourceFile[]): Promise<void> {
  for (const file of files) await file.read(Buffer.alloc(1), 0);
}

/** Resolve: the paths are allowed; connect: the files can be read; read: header and rows. */
export async function testCsvConnection(
  config: CsvConfig,
  openFile: OpenFile,
  isSecret: IsSecretAttribute,
  signal: AbortSignal,
): Promise<ConnectionTest> {
  const { checks, run, hasFailed } = createCheckRecorder(signal);
  const names = [config.file, ...(config.membershipFile === null ? [] : [config.membershipFile])];
  const files: SourceFile[] = [];
  try {
    await run(
      'resolve',
      async () => {
        for (const name of names) files.push(await openFile(name));
      },
      () => `Found ${names.map((name) => `'${name}'`).join(' and ')}.`,
    );
    await run(
      'connect',
      () => readFirstBytes(files),
      () => `Opened ${files.map(({ name, size }) => `'${name}' (${size} bytes)`).join(' and ')}.`,
    );
    for (const name of ['tls', 'bind', 'base'] as const) await run(name, nothing, () => 'Not used by CSV.');
    await run(
      'read',
      () => readStarts(files, config, isSecret),
      (message) => message,
    );
  } catch (error) {
    if (signal.aborted || !hasFailed()) throw error;
  } finally {
    await Promise.all(files.map((file) => file.close()));
  }
  const size = files[0]?.size;
  const serverInfo: Record<string, string> =
    size === undefined ? {} : { file: config.file, bytes: String(size) };
  return { ok: !hasFailed(), checks, serverInfo };
}
