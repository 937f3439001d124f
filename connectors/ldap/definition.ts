// What the registry knows of the type `ldap`.

import type { ConnectorDefinition } from '../definition.ts';
import { parseConfig } from '../parse-config.ts';
import { ldapConfigSchema } from './config.ts';
import { createLdapConnector } from './connector.ts';
import { checkLdapScopes, defaultLdapScopes } from './scopes.ts';

export const ldapDefinition: ConnectorDefinition = {
  type: 'ldap',
  configSchema: ldapConfigSchema,
  secretFields: ['bindPassword'],
  guardedFields: ['url', 'startTls', 'caCertificate'],
  capabilities: { lookupById: true, describesSchema: true },
  defaultScopes: defaultLdapScopes,
  checkScopes: (scopes) => checkLdapScopes(scopes),
  open: (connection, context) => createLdapConnector(parseConfig(ldapConfigSchema, connection), context),
};
