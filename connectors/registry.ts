// Knows every connector type: its settings, its secrets, its capabilities, and how to open it.
import type { z } from 'zod';
import { AppError, type ErrorDetail } from '../domain/app-error.ts';
import type { CapableConnector, ConnectorContext, OpenConnection, SourceScope } from './connector.ts';
import { ldapDefinition } from './ldap/definition.ts';

/** One connector type. */
export interface ConnectorDefinition {
  type: string;
  /** `config` of a connection, secrets included; fills in defaults and refuses unknown fields. */
  configSchema: z.ZodType<Record<string, unknown>>;
  /** Fields that are kept encrypted and never returned. */
  secretFields: readonly string[];
  /** Fields that say where secrets are sent: a change of one requires the secrets again. */
  guardedFields: readonly string[];
  capabilities: { lookupById: boolean; describesSchema: boolean };
  /** The scopes a project gets that names none. */
  defaultScopes(config: Record<string, unknown>): SourceScope[];
  /** What is wrong with a project's scopes, by path below the list (`0.filter`); empty when they can be read. */
  checkScopes(scopes: SourceScope[]): ErrorDetail[];
  /** @throws AppError `invalid_configuration` when the config is not what `configSchema` accepts. */
  open(connection: OpenConnection, context: ConnectorContext): CapableConnector;
}

export interface ConnectorRegistry {
  types(): string[];
  /** @throws AppError `invalid_configuration` for a type that there is no connector for. */
  definition(type: string): ConnectorDefinition;
  /** @throws AppError as `definition` and the definition's `open` do. */
  open(connection: OpenConnection, context: ConnectorContext): CapableConnector;
}

const PLANNED = new Set(['active-directory', 'scim', 'sql']);

/** The connectors there are: `ldap` and `csv`. */
export function createConnectorRegistry(): ConnectorRegistry {
  const definitions = new Map<string, ConnectorDefinition>(
    [ldapDefinition].map((definition) => [definition.type, definition]),
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
    open: (connection, context) => definition(connection.type).open(connection, context),
  };
}
