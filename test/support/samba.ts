// What a test needs of Active Directory: a domain controller of its own, and connectors that read it.
import { afterAll, beforeAll, describe, it } from '@jest/globals';
import type { CapableConnector, SourceScope } from '../../connectors/connector.ts';
import { createConnectorRegistry } from '../../connectors/registry.ts';
import { type DecodedPage, decodePages } from './decode-all.ts';
import { type Samba, startSamba } from './samba-process.ts';
import { sambaAvailability } from './samba-programs.ts';
import { READER } from './samba-seed.ts';

export type { Samba } from './samba-process.ts';

const START_TIMEOUT_MS = 120_000;

/**
 * `describe` where a domain controller can be had. Where it cannot, the suite is skipped and its name holds the
 * reason; with CI=true it is a failing test instead.
 */
export function describeWithSamba(name: string, define: () => void): void {
  const availability = sambaAvailability();
  if (availability.available) {
    describe(name, define);
  } else if (process.env.CI === 'true') {
    describe(name, () => {
      it('finds Samba', () => {
        throw new Error(availability.reason);
      });
    });
  } else {
    describe.skip(`${name} (skipped: ${availability.reason})`, () => {
      it('needs Samba', () => {});
    });
  }
}

export interface DirectorySource {
  /** Once the tests run. */
  readonly server: Samba;
  /** A connector that signs in as an ordinary account unless `config` says otherwise. */
  open(config?: Record<string, unknown>): CapableConnector;
  /** Never aborted. */
  signal: AbortSignal;
  /** Reads and decodes everything in the scopes, the default ones when none are given. */
  readAll(connector: CapableConnector, scopes?: SourceScope[]): Promise<DecodedPage>;
}

/** A server for the tests of a `describe`; call it there. */
export function directorySource(): DirectorySource {
  const registry = createConnectorRegistry();
  const { signal } = new AbortController();
  const opened: CapableConnector[] = [];
  let server: Samba | undefined;
  beforeAll(async () => {
    server = await startSamba();
  }, START_TIMEOUT_MS);
  afterAll(async () => {
    for (const connector of opened.splice(0)) await connector.close();
    await server?.stop();
  });
  return {
    get server() {
      if (server === undefined) throw new Error('Samba is not started yet');
      return server;
    },
    signal,
    open(config = {}) {
      const type = 'active-directory';
      const parsed = registry
        .definition(type)
        .configSchema.parse({ url: this.server.url, ...READER, ...config });
      const connector = registry.open({ id: 'test', type, config: parsed }, { importDirectory: '.' });
      opened.push(connector);
      return connector;
    },
    readAll: (connector, scopes = connector.defaultScopes()) => decodePages(connector.read(scopes, signal)),
  };
}
