// What the registry knows of the type `csv`.
import type { ConnectorDefinition } from '../definition.ts';
import { parseConfig } from '../parse-config.ts';
import { csvConfigSchema } from './config.ts';
import { createCsvConnector } from './connector.ts';
import { checkCsvScopes, csvScopes } from './scopes.ts';

export const csvDefinition: ConnectorDefinition = {
  type: 'csv',
  configSchema: csvConfigSchema,
  secretFields: [],
  guardedFields: [],
  capabilities: { lookupById: false, describesSchema: true },
  defaultScopes: (config) => csvScopes(csvConfigSchema.parse(config)),
  checkScopes: checkCsvScopes,
  open: (connection, context) =>
    createCsvConnector(connection.id, parseConfig(csvConfigSchema, connection), context),
};
