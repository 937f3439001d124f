// The LDAP connector: opens a directory, reads its entries, looks ids up, describes its schema.
import { AppError } from '../../domain/app-error.ts';
import { dnKey } from '../../domain/distinguished-name.ts';
import { foldText } from '../../domain/folded-text.ts';
import { attributeKey, secretAttributes } from '../../domain/secret-attributes.ts';
import type { ReferenceKey, RejectedEntry, SourceEntry, SourcePage } from '../../domain/source-entry.ts';
import type { CapableConnector, ConnectionTest, ConnectorContext, SourceScope } from '../connector.ts';
import { type AttributeCatalog, createAttributeCatalog, MEMBER_ATTRIBUTES } from './attribute-catalog.ts';
import type { LdapConfig } from './config.ts';
import { testLdapConnection } from './connection-test.ts';
import type { DecodedEntry } from './entry-decoder.ts';
import { EntryReader } from './entry-decoder.ts';
import { findExistingIds } from './lookup.ts';
import { openSession } from './open-session.ts';
import { pagedSearch, type ResultBatch } from './paged-search.ts';
import { requestedAttributes } from './requested-attributes.ts';
import { defaultLdapScopes, scopedSearches } from './scopes.ts';
import {
  type RootDse,
  readRootDse,
  readServerSchema,
  type ServerSchema,
  schemaAttributes,
} from './server-schema.ts';
import { failOnAbort, type LdapSession } from './session.ts';

/** A session, and what the server said of itself when it was opened. */
interface Opened {
  session: LdapSession;
  rootDse: RootDse;
  schema: ServerSchema | null;
  catalog: AttributeCatalog;
  baseDns: string[];
}

const UNIQUE_ID_PART = /#'[01]*'B$/;
const MEMBER_KEYS = new Set(MEMBER_ATTRIBUTES.map(attributeKey));

/**
 * The key of a member or another reference value. `memberUid` names accounts; the optional UID of a
 * uniqueMember (RFC 4517 section 3.3.21) is no part of the name. What is malformed in a member value is compared
 * by its folded text, elsewhere (a manager given as free text) it is no reference.
 */
export function ldapReferenceKey(value: string, attribute: string): ReferenceKey | null {
  const key = attributeKey(attribute);
  if (key === 'memberuid') return value === '' ? null : `uid:${foldText(value)}`;
  const name = key === 'uniquemember' ? value.replace(UNIQUE_ID_PART, '') : value;
  try {
    const normal = dnKey(name);
    return normal === '' ? null : `dn:${normal}`;
  } catch {
    return MEMBER_KEYS.has(key) ? `dn:${foldText(name)}` : null;
  }
}

function toPage(batch: ResultBatch<DecodedEntry>, notices: string[]): SourcePage {
  const entries: SourceEntry[] = [];
  const rejected: RejectedEntry[] = [];
  for (const item of batch.items) {
    if ('entry' in item) entries.push(item.entry);
    else rejected.push(item.rejected);
  }
  for (const url of batch.references) {
    notices.push(`The server refers to ${url} for part of the tree; referrals are not followed.`);
  }
  return { entries, rejected, notices: notices.slice(0, 100) };
}

/** @param context `allowLinkLocalSources` lets it dial link-local addresses. */
export function createLdapConnector(config: LdapConfig, context: ConnectorContext): CapableConnector {
  const policy = { allowLinkLocal: context.allowLinkLocalSources ?? false };
  const isSecret = secretAttributes(context.secretAttributes);
  let current: Promise<Opened> | null = null;

  async function openAll(signal: AbortSignal): Promise<Opened> {
    const session = await openSession(config, policy, signal);
    const release = failOnAbort(session, signal);
    try {
      const rootDse = await readRootDse(session, config.readTimeoutMs);
      const schema = await readServerSchema(session, rootDse, config.readTimeoutMs);
      const baseDns = config.baseDns.length > 0 ? config.baseDns : rootDse.namingContexts;
      if (baseDns.length === 0) {
        throw new AppError(
          'base_not_found',
          'The connection names no base DN, and the server does not say what it holds (namingContexts): set baseDns.',
        );
      }
      const catalog = createAttributeCatalog({
        isSecret,
        binaryNames: schema?.binaryNames ?? null,
        idAttribute: config.idAttribute,
      });
      return { session, rootDse, schema, catalog, baseDns };
    } catch (error) {
      session.fail(error);
      throw error;
    } finally {
      release();
    }
  }

  async function opened(signal: AbortSignal): Promise<Opened> {
    const before = current;
    if (before !== null) {
      const still = await before.catch(() => null);
      if (still?.session.isOpen) return still;
      if (current === before) current = null;
    }
    current ??= openAll(signal);
    return await current;
  }

  async function* read(scopes: SourceScope[], signal: AbortSignal): AsyncGenerator<SourcePage> {
    const { session, schema, catalog, baseDns } = await opened(signal);
    const searches = scopedSearches(scopes, baseDns);
    const { names, explicit } = requestedAttributes(schema, isSecret, config.idAttribute);
    let notices = explicit
      ? []
      : [
          'The server’s schema cannot be read: all attributes were asked for, and secret ones dropped on arrival.',
        ];
    const release = failOnAbort(session, signal);
    try {
      for (const { objectClass, baseDn, filter } of searches) {
        const reader = new EntryReader(catalog, objectClass);
        const batches = pagedSearch(session, {
          baseDn,
          filter,
          attributes: names,
          pageSize: config.pageSize,
          idleTimeoutMs: config.readTimeoutMs,
          decode: (bytes, start, end) => reader.decode(bytes, start, end),
        });
        for await (const batch of batches) {
          yield toPage(batch, notices);
          notices = [];
        }
      }
    } finally {
      release();
    }
  }

  return {
    defaultScopes: defaultLdapScopes,
    async connect(signal) {
      await opened(signal);
    },
    test: (signal): Promise<ConnectionTest> => testLdapConnection(config, policy, signal),
    read,
    referenceKey: ldapReferenceKey,
    async findExisting(sourceIds, scopes, signal) {
      const { session, schema, catalog, baseDns } = await opened(signal);
      const release = failOnAbort(session, signal);
      try {
        const lookup = { session, schema, catalog, idAttribute: config.idAttribute };
        return await findExistingIds(
          { ...lookup, idleTimeoutMs: config.readTimeoutMs },
          sourceIds,
          scopedSearches(scopes, baseDns),
        );
      } finally {
        release();
      }
    },
    async schema(signal) {
      const { schema } = await opened(signal);
      if (schema === null) {
        throw new AppError('access_denied', 'The server does not let the bind account read its schema.');
      }
      return schemaAttributes(schema, isSecret);
    },
    async close() {
      const last = await current?.catch(() => null);
      current = null;
      last?.session.close();
    },
  };
}
