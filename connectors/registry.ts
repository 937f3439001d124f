// Knows every connector type there is, and refuses the others in words.
import { AppError } from '../domain/app-error.ts';
import { activeDirectoryDefinition } from './active-directory/definition.ts';
import type { CapableConnector, ConnectorContext, OpenConnection } from './connector.ts';
import { csvDefinition } from './csv/definition.ts';
import type { ConnectorDefinition } from './definition.ts';
import { ldapDefinition } from './ldap/definition.ts';

export type { ConnectorDefinition } from './definition.ts';

export interface ConnectorRegistry {
  types(): string[];
  /** @throws AppError `invalid_configuration` for a type that there is no connector for. */
  definition(type: string): ConnectorDefinition;
  /** @throws AppError as `definition` and the definition's `open` do. */
  open(connection: OpenConnection, context: ConnectorContext): CapableConnector;
}

const PLANNED = new Set(['scim', 'sql']);

/** What settings say to every connector; the context of one that is opened may say otherwise. */
export type ConnectorSettings = Pick<ConnectorContext, 'allowLinkLocalSources' | 'secretAttributes'>;

/** The connectors there are: `ldap`, `active-directory` and `csv`. */
export function createConnectorRegistry(settings: ConnectorSettings = {}): ConnectorRegistry {
  const definitions = new Map<string, ConnectorDefinition>(
    [ldapDefinition, activeDirectoryDefinition, csvDefinition].map((definition) => [
      definition.type,
      definition,
    ]),
  );
  const types = () => [...definitions.keys()];
  const definition = (type: string): ConnectorDefinition => {
    const found = definitions.get(type);
    if (found !== undefined) return found;
    const reason = PLANNED.has(type) ? 'are not supported yet' : 'do not exist';
    throw new AppError(
      'invalid_configuration',
      `Connections of type '${type}' ${reason}; the supported types are ${types().join(', ')}.`,
    );
  };
  return {
    types,
    definition,
    open: (connection, context) => definition(connection.type).open(connection, { ...settings, ...context }),
  };
}
