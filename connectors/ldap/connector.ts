// The LDAP connector: opens a directory, reads its entries, looks ids up, describes its schema.
import { AppError } from '../../domain/app-error.ts';
import { dnKey } from '../../domain/distinguished-name.ts';
import { foldText } from '../../domain/folded-text.ts';
import { attributeKey, type IsSecretAttribute, secretAttributes } from '../../domain/secret-attributes.ts';
import type { ReferenceKey, SourcePage } from '../../domain/source-entry.ts';
import type {
  CapableConnector,
  ConnectionTest,
  ConnectorContext,
  ScannedId,
  SchemaAttribute,
  SourceScope,
  Watermark,
} from '../connector.ts';
import type { AddressPolicy } from '../dial.ts';
import { rulesDigest } from '../entry-digest.ts';
import { type AttributeCatalog, createAttributeCatalog, MEMBER_ATTRIBUTES } from './attribute-catalog.ts';
import { assertDatesChanges, assertFindsChanges, changedSearches, watermarkAt } from './changes.ts';
import type { LdapConfig } from './config.ts';
import { testLdapConnection } from './connection-test.ts';
import { EntryReader } from './entry-decoder.ts';
import { readingRules, toPage } from './entry-pages.ts';
import { EntryScanner } from './entry-scan.ts';
import { findExistingIds, idAttributesOf, readEntriesByIds } from './lookup.ts';
import { openSession } from './open-session.ts';
import { pagedSearch } from './paged-search.ts';
import { ReopeningSession } from './reopening-session.ts';
import { requestedAttributes } from './requested-attributes.ts';
import { defaultLdapScopes, type ScopedSearch, scopedSearches } from './scopes.ts';
import { serverTime } from './server-clock.ts';
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

const SCHEMA_HIDDEN =
  'The server’s schema cannot be read: all attributes were asked for, and secret ones dropped on arrival.';

class LdapConnector implements CapableConnector {
  private readonly config: LdapConfig;
  private readonly policy: AddressPolicy;
  private readonly ownSecrets: string[];
  private readonly isSecret: IsSecretAttribute;
  private readonly sessions = new ReopeningSession((signal) => this.open(signal));

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

  private opened(signal: AbortSignal): Promise<Opened> {
    return this.sessions.opened(signal);
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
    const opened = await this.opened(signal);
    yield* this.readSearches(opened, scopedSearches(scopes, opened.baseDns), signal);
  }

  async watermark(signal: AbortSignal): Promise<Watermark> {
    const opened = await this.opened(signal);
    assertDatesChanges(opened.schema);
    const now = await this.serverNow(opened);
    return watermarkAt(now, this.config.changeOverlapSeconds, this.entryRules(opened));
  }

  async *readChanges(
    scopes: SourceScope[],
    since: Watermark,
    signal: AbortSignal,
  ): AsyncGenerator<SourcePage> {
    const opened = await this.opened(signal);
    const searches = scopedSearches(scopes, opened.baseDns);
    const present = { now: await this.serverNow(opened), rules: this.entryRules(opened) };
    for (const [index, changed] of changedSearches(searches, since, present).entries()) {
      let brought = 0;
      for await (const page of this.readSearches(opened, [changed], signal)) {
        brought += page.entries.length + page.rejected.length;
        yield page;
      }
      if (brought === 0)
        await assertFindsChanges(opened.session, searches[index] as ScopedSearch, this.config.readTimeoutMs);
    }
  }

  async *scanIds(scopes: SourceScope[], signal: AbortSignal): AsyncGenerator<ScannedId[]> {
    const { session, schema, catalog, baseDns } = await this.opened(signal);
    const { idAttribute, pageSize, readTimeoutMs } = this.config;
    const release = failOnAbort(session, signal);
    try {
      for (const { objectClass, baseDn, filter } of scopedSearches(scopes, baseDns)) {
        const scanner = new EntryScanner(catalog, new EntryReader(catalog, objectClass), '');
        const batches = pagedSearch(session, {
          baseDn,
          filter,
          attributes: idAttributesOf({ schema, idAttribute }),
          pageSize,
          idleTimeoutMs: readTimeoutMs,
          decode: (bytes, start, end) => scanner.identify(bytes, start, end),
        });
        for await (const { items } of batches) yield items.filter((item) => item !== null);
      }
    } finally {
      release();
    }
  }

  async *readByIds(
    sourceIds: string[],
    scopes: SourceScope[],
    signal: AbortSignal,
  ): AsyncGenerator<SourcePage> {
    const opened = await this.opened(signal);
    const { session, schema, catalog, baseDns } = opened;
    const { idAttribute, readTimeoutMs } = this.config;
    const { names } = this.requested(opened);
    const reads = scopedSearches(scopes, baseDns).map((search) => {
      const scanner = this.scannerOf(opened, search.objectClass);
      const decode = (bytes: Buffer, start: number, end: number) => scanner.scan(bytes, start, end);
      return { search, attributes: names, decode };
    });
    const release = failOnAbort(session, signal);
    try {
      const lookup = { session, schema, catalog, idAttribute, idleTimeoutMs: readTimeoutMs };
      for await (const batch of readEntriesByIds(lookup, sourceIds, reads)) yield toPage(batch, []);
    } finally {
      release();
    }
  }

  private requested({ schema }: Opened): { names: string[]; explicit: boolean } {
    return requestedAttributes(schema, this.isSecret, this.config.idAttribute);
  }

  /** Its digests are the same for the same bytes, whichever of the reads brings them. */
  private scannerOf(opened: Opened, objectClass: string): EntryScanner {
    const { names } = this.requested(opened);
    const rules = readingRules(objectClass, names, opened.catalog, this.config, this.ownSecrets);
    return new EntryScanner(opened.catalog, new EntryReader(opened.catalog, objectClass), rules);
  }

  private entryRules(opened: Opened): string {
    const { names } = this.requested(opened);
    const rules = readingRules('', names, opened.catalog, this.config, this.ownSecrets);
    return rulesDigest([rules, opened.baseDns]);
  }

  private async serverNow({ session }: Opened): Promise<Date> {
    return (await serverTime(session, this.config.readTimeoutMs)) ?? new Date();
  }

  private async *readSearches(
    opened: Opened,
    searches: ScopedSearch[],
    signal: AbortSignal,
  ): AsyncGenerator<SourcePage> {
    const { session } = opened;
    const { names, explicit } = this.requested(opened);
    let notices = explicit ? [] : [SCHEMA_HIDDEN];
    const release = failOnAbort(session, signal);
    try {
      for (const { objectClass, baseDn, filter } of searches) {
        const scanner = this.scannerOf(opened, objectClass);
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

  close(): Promise<void> {
    return this.sessions.close();
  }
}

/** @param context `allowLinkLocalSources` lets it dial link-local addresses. */
export function createLdapConnector(config: LdapConfig, context: ConnectorContext): CapableConnector {
  return new LdapConnector(config, context);
}
