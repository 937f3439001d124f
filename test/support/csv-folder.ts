// Gives a test an import folder of its own, writes CSV files into it and reads them through the connector.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';
import type { CapableConnector, SourceScope } from '../../connectors/connector.ts';
import { createConnectorRegistry } from '../../connectors/registry.ts';
import { type DecodedPage, decodePages } from './decode-all.ts';

export interface CsvFolder {
  /** The import folder, and the folder that it lies in; from `beforeAll` on. */
  readonly folder: string;
  readonly root: string;
  /** Never aborted. */
  signal: AbortSignal;
  /** Writes a file of the import folder. */
  write(name: string, text: string | Buffer): Promise<void>;
  /** A connector that reads people.csv by the key `id` unless `config` says otherwise. */
  open(config?: Record<string, unknown>): CapableConnector;
  /** Reads and decodes everything in the scopes, the default ones when none are given. */
  readAll(connector: CapableConnector, scopes?: SourceScope[]): Promise<DecodedPage>;
  /** Writes people.csv and reads it. */
  readText(text: string | Buffer, config?: Record<string, unknown>): Promise<DecodedPage>;
}

/** All users of a file. */
export const USERS: SourceScope = { objectClass: 'user', baseDn: null, filter: null };

/** Call it where the tests are described. */
export function csvFolder(): CsvFolder {
  const registry = createConnectorRegistry();
  const { signal } = new AbortController();
  let root = '';
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'csv-folder-'));
    await mkdir(join(root, 'import'));
  });
  afterAll(() => rm(root, { recursive: true, force: true }));
  const csv: CsvFolder = {
    get folder() {
      return join(root, 'import');
    },
    get root() {
      return root;
    },
    signal,
    write: (name, text) => writeFile(join(csv.folder, name), text),
    open(config = {}) {
      const parsed = registry
        .definition('csv')
        .configSchema.parse({ file: 'people.csv', keyColumn: 'id', ...config });
      return registry.open({ id: 'test', type: 'csv', config: parsed }, { importDirectory: csv.folder });
    },
    readAll: (connector, scopes = connector.defaultScopes()) => decodePages(connector.read(scopes, signal)),
    async readText(text, config) {
      await csv.write('people.csv', text);
      return csv.readAll(csv.open(config));
    },
  };
  return csv;
}
