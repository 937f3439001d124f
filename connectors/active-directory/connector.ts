// The Active Directory connector: reads a domain by LDAP as its own servers mean it.
import { AppError } from '../../domain/app-error.ts';
import { type IsSecretAttribute, secretAttributes } from '../../domain/secret-attributes.ts';
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
import type { LdapConfig } from '../ldap/config.ts';
import { testLdapConnection } from '../ldap/connection-test.ts';
import { ldapReferenceKey } from '../ldap/connector.ts';
import { classTakesMembers } from '../ldap/entry-id.ts';
import { allOf } from '../ldap/filter.ts';
import { openSession } from '../ldap/open-session.ts';
import { ReopeningSession } from '../ldap/reopening-session.ts';
import type { ScopedSearch } from '../ldap/scopes.ts';
import { schemaAttributes } from '../ldap/server-schema.ts';
import { failOnAbort, type LdapSession } from '../ldap/session.ts';
import { type ChangeRange, changedSearches, type DirectoryWatermark, dueFrom } from './changes.ts';
import { deletedIds } from './deleted-objects.ts';
import { type Directory, ID_ATTRIBUTE, openDirectory } from './directory.ts';
import { isAskedFor } from './directory-schema.ts';
import { type ChangePosition, changePosition, domainOf, isHidden } from './domain-controller.ts';
import { guidInFilter, guidReferenceKey } from './identifiers.ts';
import { changedPrimaryGroups, type DirectorySearcher, domainsOf } from './primary-members.ts';
import { type EntryReading, type ReadingRules, readEntries, rulesOf, scanEntryIds } from './read-entries.ts';
import { DIRECTORY_CLASSES, defaultDirectoryScopes, directorySearches } from './scopes.ts';

/** Ids or SIDs a search: few enough for any server's limits on filters. */
const CHUNK = 100;

function* chunks<T>(items: T[]): Generator<T[]> {
  for (let at = 0; at < items.length; at += CHUNK) yield items.slice(at, at + CHUNK);
}

/** The same searches, for those entries alone that one of the comparisons finds. */
function narrowed(searches: ScopedSearch[], comparisons: string[]): ScopedSearch[] {
  return searches.map((search) => ({
    ...search,
    filter: allOf(`(|${comparisons.join('')})`, search.filter),
  }));
}

function byIds(sourceIds: string[]): string[] {
  return sourceIds.flatMap((id) => {
    const value = guidInFilter(id);
    return value === null ? [] : [`(${ID_ATTRIBUTE}=${value})`];
  });
}

class DirectoryConnector implements CapableConnector {
  private readonly config: LdapConfig;
  private readonly policy: AddressPolicy;
  private readonly ownSecrets: string[];
  private readonly isSecret: IsSecretAttribute;
  private readonly main: ReopeningSession<Directory>;
  private readonly aside: ReopeningSession<{ session: LdapSession }>;

  constructor(config: LdapConfig, context: ConnectorContext) {
    this.config = { ...config, idAttribute: null };
    this.policy = { allowLinkLocal: context.allowLinkLocalSources ?? false };
    this.ownSecrets = context.secretAttributes ?? [];
    this.isSecret = secretAttributes(this.ownSecrets);
    this.main = new ReopeningSession((signal) =>
      openDirectory(this.config, this.policy, this.isSecret, signal),
    );
    this.aside = new ReopeningSession(async (signal) => ({
      session: await openSession(this.config, this.policy, signal),
    }));
  }

  defaultScopes(): SourceScope[] {
    return defaultDirectoryScopes();
  }

  async connect(signal: AbortSignal): Promise<void> {
    await this.main.opened(signal);
  }

  test(signal: AbortSignal): Promise<ConnectionTest> {
    return testLdapConnection(this.config, this.policy, signal, {
      bases: (rootDse) => [domainOf(rootDse)],
      searches: (baseDns) => directorySearches(defaultDirectoryScopes(), baseDns),
      idAttributes: [ID_ATTRIBUTE],
    });
  }

  referenceKey(value: string, attribute: string): ReferenceKey | null {
    return guidReferenceKey(value) ?? ldapReferenceKey(value, attribute);
  }

  async *read(scopes: SourceScope[], signal: AbortSignal): AsyncGenerator<SourcePage> {
    const directory = await this.main.opened(signal);
    const searches = directorySearches(scopes, directory.baseDns);
    yield* this.during(directory, signal, (reading) => readEntries(reading, searches));
  }

  async watermark(signal: AbortSignal): Promise<Watermark> {
    return this.present(await this.main.opened(signal), signal);
  }

  async *readChanges(
    scopes: SourceScope[],
    since: Watermark,
    signal: AbortSignal,
  ): AsyncGenerator<SourcePage> {
    const directory = await this.main.opened(signal);
    const range = dueFrom(since, await this.present(directory, signal));
    const searches = directorySearches(scopes, directory.baseDns);
    yield* this.readRange(directory, searches, range, signal);
    // What was written meanwhile has left the range. What is written from here on is for the next read, whose
    // watermark is older than this one's end.
    const { usn: last } = await this.position(directory, signal);
    if (last > range.last)
      yield* this.readRange(directory, searches, { first: range.last + 1, last }, signal);
  }

  /** What has its latest change in the range, and the groups that have other primary members by it. */
  private async *readRange(
    directory: Directory,
    searches: ScopedSearch[],
    range: ChangeRange,
    signal: AbortSignal,
  ): AsyncGenerator<SourcePage> {
    const changed = changedSearches(searches, range);
    yield* this.during(directory, signal, (reading) => readEntries(reading, changed));
    const groups = searches.filter(({ objectClass }) => classTakesMembers(objectClass));
    if (groups.length === 0) return;
    const sids = await this.changedPrimaryGroups(directory, range, signal);
    for (const some of chunks(sids)) {
      const wanted = narrowed(
        groups,
        some.map((sid) => `(objectSid=${sid})`),
      );
      yield* this.during(directory, signal, (reading) => readEntries(reading, wanted));
    }
  }

  async *deletedSince(since: Watermark, signal: AbortSignal): AsyncGenerator<string[]> {
    const directory = await this.main.opened(signal);
    const range = dueFrom(since, await this.present(directory, signal));
    const release = failOnAbort(directory.session, signal);
    try {
      yield* deletedIds(this.searcherOn(directory, directory.session), range);
    } finally {
      release();
    }
  }

  async *scanIds(scopes: SourceScope[], signal: AbortSignal): AsyncGenerator<ScannedId[]> {
    const directory = await this.main.opened(signal);
    const searches = directorySearches(scopes, directory.baseDns);
    yield* this.during(directory, signal, (reading) => scanEntryIds(reading, searches));
  }

  async *readByIds(
    sourceIds: string[],
    scopes: SourceScope[],
    signal: AbortSignal,
  ): AsyncGenerator<SourcePage> {
    const directory = await this.main.opened(signal);
    const searches = directorySearches(scopes, directory.baseDns);
    for (const some of chunks(byIds(sourceIds))) {
      const wanted = narrowed(searches, some);
      yield* this.during(directory, signal, (reading) => readEntries(reading, wanted));
    }
  }

  async findExisting(sourceIds: string[], scopes: SourceScope[], signal: AbortSignal): Promise<Set<string>> {
    const directory = await this.main.opened(signal);
    return this.find(directory, sourceIds, directorySearches(scopes, directory.baseDns), signal);
  }

  async findAnywhere(sourceIds: string[], signal: AbortSignal): Promise<Set<string>> {
    const directory = await this.main.opened(signal);
    const found = new Set<string>();
    for (const baseDn of domainsOf(directory.baseDns)) {
      const everything = [{ objectClass: '', baseDn, filter: '(objectClass=*)' }];
      try {
        for (const id of await this.find(directory, sourceIds, everything, signal)) found.add(id);
      } catch (error) {
        // An account that reads a part of the domain only.
        if (!isHidden(error)) throw error;
      }
    }
    return found;
  }

  private async find(
    directory: Directory,
    sourceIds: string[],
    searches: ScopedSearch[],
    signal: AbortSignal,
  ): Promise<Set<string>> {
    const found = new Set<string>();
    for (const some of chunks(byIds(sourceIds))) {
      const wanted = narrowed(searches, some);
      const pages = this.during(directory, signal, (reading) => scanEntryIds(reading, wanted));
      for await (const page of pages) for (const { sourceId } of page) found.add(sourceId);
    }
    return found;
  }

  async schema(signal: AbortSignal): Promise<SchemaAttribute[]> {
    const { schema } = await this.main.opened(signal);
    if (schema === null)
      throw new AppError('access_denied', 'The bind account has no right to read the schema.');
    return schemaAttributes(schema, (name) => this.isSecret(name) || !isAskedFor(schema, name));
  }

  async close(): Promise<void> {
    await Promise.all([this.main.close(), this.aside.close()]);
  }

  /**
   * Reads on the open session, which ends when the signal says so. A lost one is not replaced on the way: another
   * domain controller may answer, to whose count of changes the rest of the read does not belong.
   */
  private async *during<T>(
    directory: Directory,
    signal: AbortSignal,
    work: (reading: EntryReading) => AsyncGenerator<T>,
  ): AsyncGenerator<T> {
    const releases = [failOnAbort(directory.session, signal)];
    let searcher: Promise<DirectorySearcher> | undefined;
    const open = async () => {
      const { session } = await this.aside.opened(signal);
      releases.push(failOnAbort(session, signal));
      return this.searcherOn(directory, session);
    };
    const openOnce = () => {
      searcher ??= open();
      return searcher;
    };
    try {
      yield* work({ ...this.rules(directory), searcher: openOnce });
    } finally {
      for (const release of releases) release();
    }
  }

  private rules(directory: Directory): ReadingRules {
    const { config, isSecret, ownSecrets } = this;
    return { directory, config, isSecret, ownSecrets };
  }

  private searcherOn({ baseDns }: Directory, session: LdapSession): DirectorySearcher {
    const { pageSize, readTimeoutMs: idleTimeoutMs } = this.config;
    return { session, domains: domainsOf(baseDns), pageSize, idleTimeoutMs };
  }

  /** Where a read that begins now would begin the next one. */
  private async present(directory: Directory, signal: AbortSignal): Promise<DirectoryWatermark> {
    const position = await this.position(directory, signal);
    const rules = [...DIRECTORY_CLASSES, ''].map((name) => rulesOf(this.rules(directory), name));
    return { ...position, rules: rulesDigest([rules, directory.baseDns]) };
  }

  private async position({ session, rootDse }: Directory, signal: AbortSignal): Promise<ChangePosition> {
    const release = failOnAbort(session, signal);
    try {
      return await changePosition(session, rootDse, this.config.readTimeoutMs);
    } finally {
      release();
    }
  }

  private async changedPrimaryGroups(
    directory: Directory,
    range: ChangeRange,
    signal: AbortSignal,
  ): Promise<string[]> {
    const release = failOnAbort(directory.session, signal);
    try {
      return await changedPrimaryGroups(this.searcherOn(directory, directory.session), range);
    } finally {
      release();
    }
  }
}

/** @param context `allowLinkLocalSources` lets it dial link-local addresses. */
export function createDirectoryConnector(config: LdapConfig, context: ConnectorContext): CapableConnector {
  return new DirectoryConnector(config, context);
}
