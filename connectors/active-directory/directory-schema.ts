// Chooses which attributes to ask for, by the schema: no computed ones, no secret ones, none that no account has.
import { attributeKey, type IsSecretAttribute } from '../../domain/secret-attributes.ts';
import { isSideAttribute } from '../../domain/side-attributes.ts';
import { classTakesMembers } from '../ldap/entry-id.ts';
import { pagedSearch } from '../ldap/paged-search.ts';
import { rawAttributes } from '../ldap/raw-entry.ts';
import { type RootDse, readServerSchema, type ServerSchema } from '../ldap/server-schema.ts';
import type { LdapSession } from '../ldap/session.ts';
import { domainScope } from './domain-controller.ts';
import { DIRECTORY_CLASSES } from './scopes.ts';

/** The subschema, and what only the schema's own entries say. */
export interface DirectorySchema extends ServerSchema {
  /** Lower-case names of attributes that are computed when they are asked for. */
  computed: Set<string>;
  /** Lower-case names of attributes that hold the other end of a link (`memberOf`). */
  backLinks: Set<string>;
}

/** Members that one answer brings: what Active Directory sends at most, unless it is told otherwise (MaxValRange). */
export const MEMBERS_AT_ONCE = 1_500;

const CONSTRUCTED_FLAG = 4;
const FLAGGED =
  '(&(objectClass=attributeSchema)(|(systemFlags:1.2.840.113556.1.4.803:=4)(linkID:1.2.840.113556.1.4.803:=1)))';
/** Large, and of replication or access rights, not of the object. */
const NEVER_ASKED = new Set([
  'ntsecuritydescriptor',
  'replpropertymetadata',
  'repluptodatevector',
  'repsfrom',
  'repsto',
  'partialattributeset',
  'partialattributedeletionlist',
  'dsasignature',
]);

/** The schema; null when the server hides it. Lost connections throw. */
export async function readDirectorySchema(
  session: LdapSession,
  rootDse: RootDse,
  timeoutMs: number,
): Promise<DirectorySchema | null> {
  const schema = await readServerSchema(session, rootDse, timeoutMs);
  if (schema === null || rootDse.schemaNamingContext === null) return null;
  const computed = new Set<string>();
  const backLinks = new Set<string>();
  const batches = pagedSearch(session, {
    baseDn: rootDse.schemaNamingContext,
    filter: FLAGGED,
    attributes: ['lDAPDisplayName', 'systemFlags', 'linkID'],
    pageSize: 1_000,
    idleTimeoutMs: timeoutMs,
    decode: (bytes, start, end) => rawAttributes(bytes, start, end),
    controls: [domainScope()],
  });
  for await (const { items } of batches) {
    for (const attribute of items) {
      const name = String(attribute.get('ldapdisplayname')?.[0]).toLowerCase();
      if ((Number(attribute.get('systemflags')?.[0] ?? 0) & CONSTRUCTED_FLAG) !== 0) computed.add(name);
      if (Number(attribute.get('linkid')?.[0] ?? 0) % 2 === 1) backLinks.add(name);
    }
  }
  // Without a single one, their entries are hidden: what is computed could not be told from what is stored.
  return computed.size === 0 ? null : { ...schema, computed, backLinks };
}

/** Whether an attribute is ever requested, secrets aside. */
export function isAskedFor(schema: DirectorySchema, name: string): boolean {
  const key = attributeKey(name);
  return !NEVER_ASKED.has(key) && !schema.computed.has(key);
}

/** What is kept beside an object: what a list names, and what other objects' links write here. */
export function sideAttributes(schema: DirectorySchema | null): (name: string) => boolean {
  return (name) => isSideAttribute(name) || (schema?.backLinks.has(attributeKey(name)) ?? false);
}

/** Classes of accounts, groups and containers: theirs, those derived from them, what these derive from, auxiliary ones. */
function relatedClasses(schema: ServerSchema): Set<string> {
  const byName = new Map(schema.objectClasses.map((each) => [each.name, each]));
  const wanted = new Set([...DIRECTORY_CLASSES].map((name) => name.toLowerCase()));
  const related = new Set<string>();
  for (const { name, auxiliary } of schema.objectClasses) {
    const line: string[] = [];
    for (let at = byName.get(name); at !== undefined && !line.includes(at.name); ) {
      line.push(at.name);
      at = at.superior === null ? undefined : byName.get(at.superior);
    }
    if (auxiliary || line.some((each) => wanted.has(each))) for (const each of line) related.add(each);
  }
  return related;
}

/**
 * The attributes to request for entries of a class. Without a schema it is everything (`*`), and secrets are dropped
 * on arrival; `explicit` is false then. Members are asked for by the first portion, so that servers which do not
 * divide them by themselves send no more at once either.
 */
export function requestedDirectoryAttributes(
  schema: DirectorySchema | null,
  isSecret: IsSecretAttribute,
  objectClass: string,
): { names: string[]; explicit: boolean } {
  const members = classTakesMembers(objectClass) ? [`member;range=0-${MEMBERS_AT_ONCE - 1}`] : [];
  if (schema === null) return { names: ['*', ...members], explicit: false };
  const related = relatedClasses(schema);
  const ofRelated = new Set(
    schema.objectClasses.filter(({ name }) => related.has(name)).flatMap(({ attributes }) => attributes),
  );
  const names = schema.attributeTypes
    .map((type) => type.names[0] as string)
    .filter((name) => {
      const key = name.toLowerCase();
      if (key === 'member' || isSecret(name) || !isAskedFor(schema, name)) return false;
      return !DIRECTORY_CLASSES.has(objectClass) || ofRelated.has(key);
    });
  return { names: [...names, ...members], explicit: true };
}
