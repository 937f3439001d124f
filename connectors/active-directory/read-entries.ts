// Reads the entries of searches, groups with all of their members.
import type { IsSecretAttribute } from '../../domain/secret-attributes.ts';
import type { SourcePage } from '../../domain/source-entry.ts';
import type { ScannedId } from '../connector.ts';
import type { LdapConfig } from '../ldap/config.ts';
import { EntryReader } from '../ldap/entry-decoder.ts';
import { classTakesMembers } from '../ldap/entry-id.ts';
import { readingRules, toPage } from '../ldap/entry-pages.ts';
import { EntryScanner } from '../ldap/entry-scan.ts';
import { pagedSearch } from '../ldap/paged-search.ts';
import type { ScopedSearch } from '../ldap/scopes.ts';
import { DIRECTORY_IDENTITY, type Directory, ID_ATTRIBUTE } from './directory.ts';
import { requestedDirectoryAttributes } from './directory-schema.ts';
import { domainScope } from './domain-controller.ts';
import { completeGroups, type ScannedGroup, scanGroup } from './groups.ts';
import { hiddenMembersNotice } from './hidden-members.ts';
import type { DirectorySearcher } from './primary-members.ts';

/** What decides which attributes are asked for, and what is made of them. */
export interface ReadingRules {
  directory: Directory;
  config: LdapConfig;
  isSecret: IsSecretAttribute;
  ownSecrets: string[];
}

export interface EntryReading extends ReadingRules {
  /**
   * Opens a second session for what is asked in between: on the first one, answers wait behind pages that nobody has
   * taken yet.
   */
  searcher(): Promise<DirectorySearcher>;
}

const SCHEMA_HIDDEN =
  'The schema cannot be read: all attributes were asked for, and secret ones dropped on arrival.';

/** Digest of all that decides what is made of an entry of a class. */
export function rulesOf(
  { directory, config, isSecret, ownSecrets }: ReadingRules,
  objectClass: string,
): string {
  const { names } = requestedDirectoryAttributes(directory.schema, isSecret, objectClass);
  return readingRules(objectClass, names, directory.catalog, config, ownSecrets);
}

function scannerOf(reading: EntryReading, objectClass: string): EntryScanner {
  const { catalog } = reading.directory;
  const reader = new EntryReader(catalog, objectClass, DIRECTORY_IDENTITY);
  return new EntryScanner(catalog, reader, rulesOf(reading, objectClass));
}

/** The pages of searches, one after the other. @throws AppError as a read does */
export async function* readEntries(
  reading: EntryReading,
  searches: ScopedSearch[],
): AsyncGenerator<SourcePage> {
  for (const [index, search] of searches.entries()) {
    const notices = index === 0 && reading.directory.schema === null ? [SCHEMA_HIDDEN] : [];
    yield* readSearch(reading, search, notices);
  }
}

async function* readSearch(
  reading: EntryReading,
  { objectClass, baseDn, filter }: ScopedSearch,
  notices: string[],
): AsyncGenerator<SourcePage> {
  const { directory, config, isSecret } = reading;
  const scanner = scannerOf(reading, objectClass);
  const search = {
    baseDn,
    filter,
    attributes: requestedDirectoryAttributes(directory.schema, isSecret, objectClass).names,
    pageSize: config.pageSize,
    idleTimeoutMs: config.readTimeoutMs,
    controls: [domainScope()],
  };
  let news = notices;
  if (!classTakesMembers(objectClass)) {
    const batches = pagedSearch(directory.session, {
      ...search,
      decode: (bytes, start, end) => scanner.scan(bytes, start, end),
    });
    for await (const batch of batches) {
      yield toPage(batch, news);
      news = [];
    }
    return;
  }
  const batches = pagedSearch<ScannedGroup>(directory.session, {
    ...search,
    decode: (bytes, start, end) => scanGroup(scanner.scan(bytes, start, end), bytes, start, end),
  });
  for await (const { items, references } of batches) {
    const hidden =
      objectClass === 'group' ? await hiddenMembersNotice(await reading.searcher(), items) : null;
    if (hidden !== null) news.push(hidden);
    for await (const part of completeGroups(await reading.searcher(), items)) {
      yield toPage({ items: part, references: [] }, news);
      news = [];
    }
    if (references.length > 0) yield toPage({ items: [], references }, []);
  }
}

/** Ids and names alone. @throws AppError as a read does */
export async function* scanEntryIds(
  reading: EntryReading,
  searches: ScopedSearch[],
): AsyncGenerator<ScannedId[]> {
  const { directory, config } = reading;
  for (const { objectClass, baseDn, filter } of searches) {
    const scanner = scannerOf(reading, objectClass);
    const batches = pagedSearch(directory.session, {
      baseDn,
      filter,
      attributes: [ID_ATTRIBUTE],
      pageSize: config.pageSize,
      idleTimeoutMs: config.readTimeoutMs,
      decode: (bytes, start, end) => scanner.identify(bytes, start, end),
      controls: [domainScope()],
    });
    for await (const { items } of batches) yield items.filter((item) => item !== null);
  }
}
