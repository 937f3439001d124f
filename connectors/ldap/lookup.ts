// Looks entries up by their ids, to tell an entry that moved during a read from one that is gone.
import { AndFilter, type Filter, OrFilter, SearchRequest } from 'ldapts';
import { type AttributeCatalog, ID_ATTRIBUTES } from './attribute-catalog.ts';
import { EntryReader } from './entry-decoder.ts';
import { equals, parseFilter } from './filter.ts';
import {
  LDAP_ADMIN_LIMIT_EXCEEDED,
  LDAP_SIZE_LIMIT_EXCEEDED,
  LDAP_SUCCESS,
  resultError,
  sizeLimitError,
} from './result-codes.ts';
import type { ScopedSearch } from './scopes.ts';
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
function idAttributesOf({ schema, idAttribute }: IdLookup): string[] {
  const own = idAttribute === null ? [] : [idAttribute];
  if (schema === null) return [...ID_ATTRIBUTES, ...own];
  const known = new Set(
    schema.attributeTypes.flatMap(({ names }) => names.map((name) => name.toLowerCase())),
  );
  return [...ID_ATTRIBUTES.filter((name) => known.has(name.toLowerCase())), ...own];
}

/** The ids that entries below a base have, among those that the filter names. */
async function foundIds(
  lookup: IdLookup,
  baseDn: string,
  filter: Filter,
  attributes: string[],
): Promise<string[]> {
  const reader = new EntryReader(lookup.catalog, 'user');
  const request = new SearchRequest({
    messageId: 0,
    baseDN: baseDn,
    scope: 'sub',
    filter,
    attributes,
    timeLimit: 0,
  });
  const operation = lookup.session.search(
    request,
    (bytes, start, end) => reader.decode(bytes, start, end),
    lookup.idleTimeoutMs,
  );
  const ids: string[] = [];
  for (;;) {
    const { items, result } = await operation.next();
    for (const item of items) if ('entry' in item) ids.push(item.entry.sourceId);
    if (result === null) continue;
    if (result.status === LDAP_SUCCESS) return ids;
    const about = `below '${baseDn}'`;
    const isCut = result.status === LDAP_SIZE_LIMIT_EXCEEDED || result.status === LDAP_ADMIN_LIMIT_EXCEEDED;
    throw isCut ? sizeLimitError(result, ids.length, about) : resultError(result, about);
  }
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
  const matches = (name: string, id: string): Filter => {
    const isBinary = lookup.catalog.traits(name).binary && UUID.test(id);
    return equals(name, isBinary ? Buffer.from(id.replaceAll('-', ''), 'hex') : id);
  };
  const found = new Set<string>();
  for (const { baseDn, filter } of searches) {
    const scope = parseFilter(filter);
    for (let at = 0; at < sourceIds.length; at += CHUNK) {
      const wanted = sourceIds.slice(at, at + CHUNK).filter((id) => !found.has(id));
      if (wanted.length === 0) continue;
      const ids = new OrFilter({
        filters: wanted.flatMap((id) => attributes.map((name) => matches(name, id))),
      });
      const both = new AndFilter({ filters: [ids, scope] });
      const exact = new Set(wanted);
      // Servers compare most ids without regard to case, and may have written one differently since.
      const folded = new Map(wanted.map((id) => [id.toLowerCase(), id]));
      for (const id of await foundIds(lookup, baseDn, both, attributes)) {
        const known = exact.has(id) ? id : folded.get(id.toLowerCase());
        if (known !== undefined) found.add(known);
      }
    }
  }
  return found;
}
