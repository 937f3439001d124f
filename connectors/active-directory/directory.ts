// Opens a domain: a session, and what the domain controller says of itself and of its schema.
import { attributeKey, type IsSecretAttribute } from '../../domain/secret-attributes.ts';
import type { ReferenceKey } from '../../domain/source-entry.ts';
import type { AddressPolicy } from '../dial.ts';
import { type AttributeCatalog, createAttributeCatalog } from '../ldap/attribute-catalog.ts';
import type { LdapConfig } from '../ldap/config.ts';
import { type EntryIdentity, isObjectClass } from '../ldap/entry-decoder.ts';
import { openSession } from '../ldap/open-session.ts';
import { type RootDse, readRootDse } from '../ldap/server-schema.ts';
import { failOnAbort, type LdapSession } from '../ldap/session.ts';
import type { ValueFormat } from '../ldap/values.ts';
import { type DirectorySchema, readDirectorySchema, sideAttributes } from './directory-schema.ts';
import { domainOf } from './domain-controller.ts';
import { guidText, sidText } from './identifiers.ts';

export interface Directory {
  session: LdapSession;
  rootDse: RootDse;
  /** Null where the bind account may not read it. */
  schema: DirectorySchema | null;
  catalog: AttributeCatalog;
  baseDns: string[];
}

export const ID_ATTRIBUTE = 'objectGUID';

const FORMATS = new Map<string, ValueFormat>(
  (
    [
      [ID_ATTRIBUTE, guidText],
      ['objectSid', sidText],
      ['sIDHistory', sidText],
      ['securityIdentifier', sidText],
    ] as const
  ).map(([name, format]) => [attributeKey(name), format]),
);

/** Members of a primary group are named by id, all others by DN. */
export const DIRECTORY_IDENTITY: EntryIdentity = {
  missingId: `it has no ${ID_ATTRIBUTE}, or the bind account may not read it`,
  alternateKey: ({ sourceId }): ReferenceKey => `id:${sourceId}`,
  emptyGroup: ({ objectClass, objectClasses }) =>
    objectClass === 'group' || isObjectClass(objectClasses, 'group') ? 'member' : null,
};

/**
 * Connects, authenticates and asks what there is.
 * @throws AppError with a source's code; `invalid_configuration` where the server is no domain controller
 */
export async function openDirectory(
  config: LdapConfig,
  policy: AddressPolicy,
  isSecret: IsSecretAttribute,
  signal: AbortSignal,
): Promise<Directory> {
  const session = await openSession(config, policy, signal);
  const release = failOnAbort(session, signal);
  try {
    const rootDse = await readRootDse(session, config.readTimeoutMs);
    const domain = domainOf(rootDse);
    const schema = await readDirectorySchema(session, rootDse, config.readTimeoutMs);
    const catalog = createAttributeCatalog({
      isSecret,
      binaryNames: schema?.binaryNames ?? null,
      idAttribute: null,
      meanings: {
        ids: [ID_ATTRIBUTE],
        members: ['member'],
        membersInRanges: true,
        formats: FORMATS,
        isSide: sideAttributes(schema),
      },
    });
    return {
      session,
      rootDse,
      schema,
      catalog,
      baseDns: config.baseDns.length > 0 ? config.baseDns : [domain],
    };
  } catch (error) {
    session.fail(error);
    throw error;
  } finally {
    release();
  }
}
