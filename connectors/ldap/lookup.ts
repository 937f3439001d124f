// Finds entries by their ids: to tell one that moved from one that is gone, and to read single ones again.
import { AndFilter, type Filter, OrFilter, SearchRequest } from 'ldapts';
import { type AttributeCatalog, ID_ATTRIBUTES } from './attribute-catalog.ts';
import { EntryReader } from './entry-decoder.ts';
import { equals, parseFilter } from './filter.ts';
import type { ResultBatch } from './paged-search.ts';
import {
  LDAP_ADMIN_LIMIT_EXCEEDED,
  LDAP_SIZE_LIMIT_EXCEEDED,
  LDAP_SUCCESS,
  resultError,
  sizeLimitError,
} from './result-codes.ts';
import type { ScopedSearch } from './scopes.ts';
import type { EntryDecoder } from './search-results.ts';
import type { ServerSchema } from './server-schema.ts';
import type { LdapSession } from './session.ts';

/** Ids a search: few enough for any server's limits on filters and results. */
const CHUNK = 100;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export interface IdLookup {
  session: LdapSession;
  schema: ServerSchema | null;
  catalog: AttributeCatalog;
  idAttribute: string | null;
  idleTimeoutMs: number;
}

/** The id attributes that this server can have, and so must be searched. */
export function idAttributesOf({ schema, idAttribute }: Pick<IdLookup, 'schema' | 'idAttribute'>): string[] {
  const own = idAttribute === null ? [] : [idAttribute];
  if (schema === null) return [...ID_ATTRIBUTES, ...own];
  const known = new Set(
    schema.attributeTypes.flatMap(({ names }) => names.map((name) => name.toLowerCase())),
  );
  return [...ID_ATTRIBUTES.filter((name) => known.has(name.toLowerCase())), ...own];
}

/** The results of a search that is not paged, since it brings few; cut ones are none. */
async function* searchResults<T>(
  lookup: IdLookup,
  search: { baseDn: string; filter: Filter; attributes: string[] },
  decode: EntryDecoder<T>,
): AsyncGenerator<ResultBatch<T>> {
  const request = new SearchRequest({
    messageId: 0,
    baseDN: search.baseDn,
    scope: 'sub',
    filter: search.filter,
    attributes: search.attributes,
    timeLimit: 0,
  });
  const operation = lookup.session.search(request, decode, lookup.idleTimeoutMs);
  let received = 0;
  for (;;) {
    const { items, references, result } = await operation.next();
    received += items.length;
    yield { items, references };
    if (result === null) continue;
    if (result.status === LDAP_SUCCESS) return;
    const about = `below '${search.baseDn}'`;
    const isCut = result.status === LDAP_SIZE_LIMIT_EXCEEDED || result.status === LDAP_ADMIN_LIMIT_EXCEEDED;
    throw isCut ? sizeLimitError(result, received, about) : resultError(result, about);
  }
}

/** A filter for entries of a scope that have one of the ids in one of the attributes. */
function idFilter(lookup: IdLookup, scope: Filter, ids: string[], attributes: string[]): Filter {
  const matches = (name: string, id: string): Filter => {
    const isBinary = lookup.catalog.traits(name).binary && UUID.test(id);
    return equals(name, isBinary ? Buffer.from(id.replaceAll('-', ''), 'hex') : id);
  };
  const filters = ids.flatMap((id) => attributes.map((name) => matches(name, id)));
  return new AndFilter({ filters: [new OrFilter({ filters }), scope] });
}

/**
 * The subset of ids that entries within the searches have.
 * @throws AppError as a read does, so that a server that answers less than all is never taken for "gone".
 */
export async function findExistingIds(
  lookup: IdLookup,
  sourceIds: string[],
  searches: ScopedSearch[],
): Promise<Set<string>> {
  const attributes = idAttributesOf(lookup);
  const reader = new EntryReader(lookup.catalog, 'user');
  const found = new Set<string>();
  for (const { baseDn, filter } of searches) {
    const scope = parseFilter(filter);
    for (let at = 0; at < sourceIds.length; at += CHUNK) {
      const wanted = sourceIds.slice(at, at + CHUNK).filter((id) => !found.has(id));
      if (wanted.length === 0) continue;
      const filter = idFilter(lookup, scope, wanted, attributes);
      const exact = new Set(wanted);
      // Servers compare most ids without regard to case, and may have written one differently since.
      const folded = new Map(wanted.map((id) => [id.toLowerCase(), id]));
      const results = searchResults(lookup, { baseDn, filter, attributes }, (bytes, start, end) =>
        reader.decode(bytes, start, end),
      );
      for await (const { items } of results) {
        for (const item of items) {
          if (!('entry' in item)) continue;
          const id = item.entry.sourceId;
          const known = exact.has(id) ? id : folded.get(id.toLowerCase());
          if (known !== undefined) found.add(known);
        }
      }
    }
  }
  return found;
}

/** How the entries of one search are read. */
export interface EntryRead<T> {
  search: ScopedSearch;
  attributes: string[];
  decode: EntryDecoder<T>;
}

/**
 * The entries within the searches that have one of the ids, in the searches' order: what the first one brings, the
 * later ones may bring again.
 * @throws AppError as a read does
 */
export async function* readEntriesByIds<T>(
  lookup: IdLookup,
  sourceIds: string[],
  reads: EntryRead<T>[],
): AsyncGenerator<ResultBatch<T>> {
  const idAttributes = idAttributesOf(lookup);
  for (const { search, attributes, decode } of reads) {
    const scope = parseFilter(search.filter);
    for (let at = 0; at < sourceIds.length; at += CHUNK) {
      const filter = idFilter(lookup, scope, sourceIds.slice(at, at + CHUNK), idAttributes);
      yield* searchResults(lookup, { baseDn: search.baseDn, filter, attributes }, decode);
    }
  }
}
