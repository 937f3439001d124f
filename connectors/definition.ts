// What a connector type tells the house before a connection of it is opened.
import type { z } from 'zod';
import type { ErrorDetail } from '../domain/app-error.ts';
import type { CapableConnector, ConnectorContext, OpenConnection, SourceScope } from './connector.ts';

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
  /**
   * Members and managers are links to objects: they follow a rename and go with the deleted, without a change of the
   * group. Elsewhere they are names, and a group goes on listing the old one.
   */
  linksFollow?: boolean;
  /** The scopes a project gets that names none; `config` is one that `configSchema` gave. */
  defaultScopes(config: Record<string, unknown>): SourceScope[];
  /** What is wrong with a project's scopes, by path below the list (`0.filter`); empty when they can be read. */
  checkScopes(scopes: SourceScope[]): ErrorDetail[];
  /** @throws AppError `invalid_configuration` when the config is not what `configSchema` accepts. */
  open(connection: OpenConnection, context: ConnectorContext): CapableConnector;
}
