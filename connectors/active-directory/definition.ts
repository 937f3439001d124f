// What the registry knows of the type `active-directory`.
import type { ConnectorDefinition } from '../definition.ts';
import { parseConfig } from '../parse-config.ts';
import { directoryConfigSchema } from './config.ts';
import { createDirectoryConnector } from './connector.ts';
import { checkDirectoryScopes, defaultDirectoryScopes } from './scopes.ts';

export const activeDirectoryDefinition: ConnectorDefinition = {
  type: 'active-directory',
  configSchema: directoryConfigSchema,
  secretFields: ['bindPassword'],
  guardedFields: ['url', 'startTls', 'caCertificate'],
  capabilities: { lookupById: true, describesSchema: true },
  linksFollow: true,
  defaultScopes: defaultDirectoryScopes,
  checkScopes: checkDirectoryScopes,
  open: (connection, context) =>
    createDirectoryConnector(parseConfig(directoryConfigSchema, connection), context),
};
