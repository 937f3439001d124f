// The LDAP connector: opens a directory, reads its entries, looks ids up, describes its schema.
import { AppError } from '../../domain/app-error.ts';
import { dnKey } from '../../domain/distinguished-name.ts';
import { foldText } from '../../domain/folded-text.ts';
import { attributeKey, type IsSecretAttribute, secretAttributes } from '../../domain/secret-attributes.ts';
import type { ReadEntry, ReferenceKey, RejectedEntry, SourcePage } from '../../domain/source-entry.ts';
import type {
  CapableConnector,
  ConnectionTest,
  ConnectorContext,
  SchemaAttribute,
  SourceScope,
} from '../connector.ts';
import type { AddressPolicy } from '../dial.ts';
import { rulesDigest } from '../entry-digest.ts';
import { type AttributeCatalog, createAttributeCatalog, MEMBER_ATTRIBUTES } from './attribute-catalog.ts';
import type { LdapConfig } from './config.ts';
import { testLdapConnection } from './connection-test.ts';
import { EntryReader } from './entry-decoder.ts';
import { EntryScanner, type ScannedEntry } from './entry-scan.ts';
import { findExistingIds } from './lookup.ts';
import { openSession } from './open-session.ts';
import { pagedSearch, type ResultBatch } from './paged-search.ts';
import { requestedAttributes } from './requested-attributes.ts';
import { defaultLdapScopes, scopedSearches } from './scopes.ts';
import {
  noBase,
  readRootDse,
  readServerSchema,
  type ServerSchema,
  schemaAttributes,
} from './server-schema.ts';
import { failOnAbort, type LdapSession } from './session.ts';

/** A session, and what the server said of itself when it was opened. */
interface Opened {
  session: LdapSession;
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

function toPage(batch: ResultBatch<ScannedEntry>, notices: string[]): SourcePage {
  const entries: ReadEntry[] = [];
  const rejected: RejectedEntry[] = [];
  for (const item of batch.items) {
    if ('rejected' in item) rejected.push(item.rejected);
    else entries.push(item);
  }
  for (const url of batch.references) {
    notices.push(`The server refers to ${url} for part of the tree; referrals are not followed.`);
  }
  return { entries, rejected, notices: notices.slice(0, 100) };
}

/**
 * Digest of all that decides, for one class, what is made of an entry's bytes: what each requested attribute is
 * taken for, and, where everything is asked for, which ones are dropped on arrival.
 */
function readingRules(
  objectClass: string,
  names: string[],
  catalog: AttributeCatalog,
  config: LdapConfig,
  secretAttributes: string[],
): string {
  const traits = names.toSorted().map((name) => catalog.traits(name));
  return rulesDigest([objectClass, config.idAttribute, secretAttributes.toSorted(), traits]);
}

const SCHEMA_HIDDEN =
  'The server’s schema cannot be read: all attributes were asked for, and secret ones dropped on arrival.';

class LdapConnector implements CapableConnector {
  private readonly config: LdapConfig;
  private readonly policy: AddressPolicy;
  private readonly ownSecrets: string[];
  private readonly isSecret: IsSecretAttribute;
  private current: Promise<Opened> | null = null;

  constructor(config: LdapConfig, context: ConnectorContext) {
    this.config = config;
    this.policy = { allowLinkLocal: context.allowLinkLocalSources ?? false };
    this.ownSecrets = context.secretAttributes ?? [];
    this.isSecret = secretAttributes(this.ownSecrets);
  }

  defaultScopes(): SourceScope[] {
    return defaultLdapScopes();
  }

  async connect(signal: AbortSignal): Promise<void> {
    await this.opened(signal);
  }

  test(signal: AbortSignal): Promise<ConnectionTest> {
    return testLdapConnection(this.config, this.policy, signal);
  }

  referenceKey(value: string, attribute: string): ReferenceKey | null {
    return ldapReferenceKey(value, attribute);
  }

  /** The open session, or a new one where there is none or it was lost. */
  private async opened(signal: AbortSignal): Promise<Opened> {
    const before = this.current;
    if (before !== null) {
      const still = await before.catch(() => null);
      if (still?.session.isOpen) return still;
      if (this.current === before) this.current = null;
    }
    this.current ??= this.open(signal);
    return await this.current;
  }

  private async open(signal: AbortSignal): Promise<Opened> {
    const { config, isSecret } = this;
    const session = await openSession(config, this.policy, signal);
    const release = failOnAbort(session, signal);
    try {
      const rootDse = await readRootDse(session, config.readTimeoutMs);
      const schema = await readServerSchema(session, rootDse, config.readTimeoutMs);
      const baseDns = config.baseDns.length > 0 ? config.baseDns : rootDse.namingContexts;
      if (baseDns.length === 0) throw noBase();
      const binaryNames = schema?.binaryNames ?? null;
      const catalog = createAttributeCatalog({ isSecret, binaryNames, idAttribute: config.idAttribute });
      return { session, schema, catalog, baseDns };
    } catch (error) {
      session.fail(error);
      throw error;
    } finally {
      release();
    }
  }

  async *read(scopes: SourceScope[], signal: AbortSignal): AsyncGenerator<SourcePage> {
    const { session, schema, catalog, baseDns } = await this.opened(signal);
    const searches = scopedSearches(scopes, baseDns);
    const { names, explicit } = requestedAttributes(schema, this.isSecret, this.config.idAttribute);
    let notices = explicit ? [] : [SCHEMA_HIDDEN];
    const release = failOnAbort(session, signal);
    try {
      for (const { objectClass, baseDn, filter } of searches) {
        const reader = new EntryReader(catalog, objectClass);
        const rules = readingRules(objectClass, names, catalog, this.config, this.ownSecrets);
        const scanner = new EntryScanner(catalog, reader, rules);
        const batches = pagedSearch(session, {
          baseDn,
          filter,
          attributes: names,
          pageSize: this.config.pageSize,
          idleTimeoutMs: this.config.readTimeoutMs,
          decode: (bytes, start, end) => scanner.scan(bytes, start, end),
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

  async findExisting(sourceIds: string[], scopes: SourceScope[], signal: AbortSignal): Promise<Set<string>> {
    const { session, schema, catalog, baseDns } = await this.opened(signal);
    const { idAttribute, readTimeoutMs } = this.config;
    const release = failOnAbort(session, signal);
    try {
      const lookup = { session, schema, catalog, idAttribute, idleTimeoutMs: readTimeoutMs };
      return await findExistingIds(lookup, sourceIds, scopedSearches(scopes, baseDns));
    } finally {
      release();
    }
  }

  async schema(signal: AbortSignal): Promise<SchemaAttribute[]> {
    const { schema } = await this.opened(signal);
    if (schema === null) {
      throw new AppError('access_denied', 'The server does not let the bind account read its schema.');
    }
    return schemaAttributes(schema, this.isSecret);
  }

  async close(): Promise<void> {
    const last = await this.current?.catch(() => null);
    this.current = null;
    last?.session.close();
  }
}

/** @param context `allowLinkLocalSources` lets it dial link-local addresses. */
export function createLdapConnector(config: LdapConfig, context: ConnectorContext): CapableConnector {
  return new LdapConnector(config, context);
}
