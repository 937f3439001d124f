// Looks entries up by their ids, to tell an entry that moved during a read from one that is gone.
import { AndFilter, type Filter, OrFilter, SearchRequest } from 'ldapts';
import { secretAttributes } from '../../domain/secret-attributes.ts';
import { createAttributeCatalog, ID_ATTRIBUTES } from './attribute-catalog.ts';
import type { LdapConfig } from './config.ts';
import { EntryReader } from './entry-decoder.ts';
import { equals, parseFilter } from './filter.ts';
import { LDAP_SUCCESS, resultError } from './result-codes.ts';
import type { ScopedSearch } from './scopes.ts';
import type { ServerSchema } from './server-schema.ts';
import type { LdapSession } from './session.ts';

const CHUNK = 100;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The id attributes that this server can have, and so must be searched. */
function idAttributesOf(schema: ServerSchema | null, idAttribute: string | null): string[] {
  const own = idAttribute === null ? [] : [idAttribute];
  if (schema === null) return [...ID_ATTRIBUTES, ...own];
  const known = new Set(
    schema.attributeTypes.flatMap(({ names }) => names.map((name) => name.toLowerCase())),
  );
  return [...ID_ATTRIBUTES.filter((name) => known.has(name.toLowerCase())), ...own];
}

function matches(attribute: string, id: string): Filter {
  const binary = attribute === 'GUID' && UUID.test(id);
  return equals(attribute, binary ? Buffer.from(id.replaceAll('-', ''), 'hex') : id);
}

/**
 * The subset of ids that entries within the searches have.
 * @throws AppError as a read does, so that a server that answers less than all is never taken for "gone".
 */
export async function findExistingIds(
  session: LdapSession,
  options: { sourceIds: string[]; searches: ScopedSearch[]; schema: ServerSchema | null; config: LdapConfig },
): Promise<Set<string>> {
  const { sourceIds, searches, schema, config } = options;
  const attributes = idAttributesOf(schema, config.idAttribute);
  const catalog = createAttributeCatalog({
    isSecret: secretAttributes(),
    binaryNames: schema?.binaryNames ?? null,
    idAttribute: config.idAttribute,
  });
  const reader = new EntryReader(catalog, 'user');
  const found = new Set<string>();
  for (const { baseDn, filter } of searches) {
    const scope = parseFilter(filter);
    for (let at = 0; at < sourceIds.length; at += CHUNK) {
      const wanted = sourceIds.slice(at, at + CHUNK).filter((id) => !found.has(id));
      if (wanted.length === 0) continue;
      const ids = new OrFilter({
        filters: wanted.flatMap((id) => attributes.map((name) => matches(name, id))),
      });
      const request = new SearchRequest({
        messageId: 0,
        baseDN: baseDn,
        scope: 'sub',
        filter: new AndFilter({ filters: [ids, scope] }),
        attributes,
        timeLimit: 0,
      });
      const operation = session.search(
        request,
        (bytes, start, end) => reader.decode(bytes, start, end),
        config.readTimeoutMs,
      );
      const byFolded = new Map(wanted.map((id) => [id.toLowerCase(), id]));
      for (;;) {
        const { items, result } = await operation.next();
        for (const item of items) {
          const id = 'entry' in item ? byFolded.get(item.entry.sourceId.toLowerCase()) : undefined;
          if (id !== undefined) found.add(id);
        }
        if (result === null) continue;
        if (result.status !== LDAP_SUCCESS) throw resultError(result, `below '${baseDn}'`);
        break;
      }
    }
  }
  return found;
}
