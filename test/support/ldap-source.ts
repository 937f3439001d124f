// Opens LDAP connectors for tests and reads through them; closes them when the file's tests are over.
import { afterAll } from '@jest/globals';
import type { CapableConnector, SourceScope } from '../../connectors/connector.ts';
import { createConnectorRegistry } from '../../connectors/registry.ts';
import { type DecodedPage, decodePages } from './decode-all.ts';
import { READER, READER_PASSWORD } from './ldap-tree.ts';

export interface LdapSource {
  /** A connector that signs in as READER unless `config` says otherwise. */
  open(config: Record<string, unknown>): CapableConnector;
  /** Never aborted. */
  signal: AbortSignal;
  /** Reads and decodes everything in the scopes, the default ones when none are given. */
  readAll(connector: CapableConnector, scopes?: SourceScope[]): Promise<DecodedPage>;
  /** Closes what was opened so far. */
  closeAll(): Promise<void>;
}

/** Call it where the tests are described. */
export function ldapSource(): LdapSource {
  const registry = createConnectorRegistry();
  const { signal } = new AbortController();
  const opened: CapableConnector[] = [];
  const closeAll = async () => {
    for (const connector of opened.splice(0)) await connector.close();
  };
  afterAll(closeAll);
  return {
    signal,
    open(config) {
      const parsed = registry
        .definition('ldap')
        .configSchema.parse({ bindDn: READER, bindPassword: READER_PASSWORD, ...config });
      const connector = registry.open({ id: 'test', type: 'ldap', config: parsed }, { importDirectory: '.' });
      opened.push(connector);
      return connector;
    },
    readAll: (connector, scopes = connector.defaultScopes()) => decodePages(connector.read(scopes, signal)),
    closeAll,
  };
}

/** What a project reads of one class. */
export function scope(
  objectClass: string,
  filter: string | null = null,
  baseDn: string | null = null,
): SourceScope {
  return { objectClass, baseDn, filter };
}
