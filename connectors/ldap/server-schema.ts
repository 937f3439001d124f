// Reads what a server says of itself: root DSE (RFC 4512 section 5.1) and subschema (section 4.2).
import { SearchRequest } from 'ldapts';
import { AppError } from '../../domain/app-error.ts';
import { attributeKey } from '../../domain/secret-attributes.ts';
import type { SchemaAttribute } from '../connector.ts';
import { parseFilter } from './filter.ts';
import { readPlainEntry } from './plain-entry.ts';
import { LDAP_SUCCESS, resultError } from './result-codes.ts';
import type { LdapSession } from './session.ts';

/** What the root DSE says; empty lists where it says nothing or may not be read. */
export interface RootDse {
  namingContexts: string[];
  /** Active Directory's own domain; null on other servers. */
  defaultNamingContext: string | null;
  schemaNamingContext: string | null;
  /** The entry of the answering domain controller's directory service. */
  dsServiceName: string | null;
  dnsHostName: string | null;
  supportedCapabilities: string[];
  subschemaSubentry: string | null;
  vendorName: string | null;
  vendorVersion: string | null;
  supportedControl: string[];
  supportedExtension: string[];
  objectClass: string[];
}

/** One attribute type of the subschema. */
export interface AttributeType {
  names: string[];
  syntax: string | null;
  superior: string | null;
  singleValue: boolean;
  operational: boolean;
}

/** One object class of the subschema, its names in lower case. */
export interface ObjectClassType {
  name: string;
  superior: string | null;
  auxiliary: boolean;
  /** What it must or may have itself. */
  attributes: string[];
}

/** A server's subschema, by lower-case names. */
export interface ServerSchema {
  objectClasses: ObjectClassType[];
  attributeTypes: AttributeType[];
  binaryNames: Set<string>;
  /** Lower-case attribute name → object classes that may or must have it. */
  classesOf: Map<string, string[]>;
}

/** Syntaxes whose values are no text (RFC 4517, RFC 4523): audio, binary, certificates, fax, JPEG, octets. */
const BINARY_SYNTAXES = new Set([
  ...[4, 5, 8, 9, 10, 23, 28, 40, 49].map((arc) => `1.3.6.1.4.1.1466.115.121.1.${arc}`),
  // Active Directory's security descriptors
  '1.2.840.113556.1.4.907',
]);
/** Octet strings by their syntax that hold text by their use. */
const TEXT_OCTETS = new Set(['userpassword']);

/** Searches one entry and returns its attributes by lower-case name; null when it can't be read. */
export async function readBase(
  session: LdapSession,
  baseDN: string,
  attributes: string[],
  options: { filter?: string; timeoutMs: number },
): Promise<Map<string, string[]> | null> {
  const request = new SearchRequest({
    messageId: 0,
    baseDN,
    scope: 'base',
    filter: parseFilter(options.filter ?? '(objectClass=*)'),
    attributes,
    timeLimit: 0,
  });
  const operation = session.search(request, readPlainEntry, options.timeoutMs);
  let entry: Map<string, string[]> | null = null;
  for (;;) {
    const batch = await operation.next();
    entry = batch.items[0] ?? entry;
    if (batch.result === null) continue;
    if (batch.result.status !== LDAP_SUCCESS) throw resultError(batch.result, `'${baseDN}'`);
    return entry;
  }
}

/** The root DSE; an empty one when the server hides it. */
export async function readRootDse(session: LdapSession, timeoutMs: number): Promise<RootDse> {
  const names = [
    'namingContexts',
    'defaultNamingContext',
    'schemaNamingContext',
    'dsServiceName',
    'dnsHostName',
    'supportedCapabilities',
    'subschemaSubentry',
    'vendorName',
    'vendorVersion',
    'supportedControl',
    'supportedExtension',
    'objectClass',
  ];
  const entry = await readBase(session, '', names, { timeoutMs });
  const all = (name: string) => entry?.get(name.toLowerCase()) ?? [];
  return {
    namingContexts: all('namingContexts'),
    defaultNamingContext: all('defaultNamingContext')[0] ?? null,
    schemaNamingContext: all('schemaNamingContext')[0] ?? null,
    dsServiceName: all('dsServiceName')[0] ?? null,
    dnsHostName: all('dnsHostName')[0] ?? null,
    supportedCapabilities: all('supportedCapabilities'),
    subschemaSubentry: all('subschemaSubentry')[0] ?? null,
    vendorName: all('vendorName')[0] ?? null,
    vendorVersion: all('vendorVersion')[0] ?? null,
    supportedControl: all('supportedControl'),
    supportedExtension: all('supportedExtension'),
    objectClass: all('objectClass'),
  };
}

/** The error for a connection that names no base on a server that names none either. */
export function noBase(): AppError {
  return new AppError(
    'base_not_found',
    'The connection names no base DN, and the server does not say what it holds (namingContexts): set baseDns.',
  );
}

/** Names after a keyword in a definition (RFC 4512 section 4.1): one, or several in parentheses. */
function namesAfter(definition: string, keyword: string): string[] {
  const found = new RegExp(`\\s${keyword}\\s+(?:\\(([^)]*)\\)|'?([\\w.-]+)'?)`, 'i').exec(definition);
  if (found === null) return [];
  return (found[1] ?? found[2] ?? '').split(/[\s$']+/).filter((name) => name !== '');
}

function parseAttributeType(definition: string): AttributeType {
  const withoutText = definition.replace(/\sDESC\s+'[^']*'/i, '');
  const usage = namesAfter(withoutText, 'USAGE')[0];
  return {
    names: namesAfter(withoutText, 'NAME'),
    syntax: /\sSYNTAX\s+'?([\d.]+)/i.exec(withoutText)?.[1] ?? null,
    superior: namesAfter(withoutText, 'SUP')[0] ?? null,
    singleValue: /\sSINGLE-VALUE\b/i.test(withoutText),
    operational: usage !== undefined && usage.toLowerCase() !== 'userapplications',
  };
}

/** A type's syntax, its superior's where it has none itself. */
function syntaxOf(type: AttributeType, byName: Map<string, AttributeType>): string | null {
  let current: AttributeType | undefined = type;
  for (let depth = 0; current !== undefined && depth < 20; depth += 1) {
    if (current.syntax !== null) return current.syntax;
    current = current.superior === null ? undefined : byName.get(current.superior.toLowerCase());
  }
  return null;
}

function parseSchema(attributeDefinitions: string[], classDefinitions: string[]): ServerSchema {
  const attributeTypes = attributeDefinitions.map(parseAttributeType).filter(({ names }) => names.length > 0);
  const byName = new Map<string, AttributeType>();
  for (const type of attributeTypes) for (const name of type.names) byName.set(name.toLowerCase(), type);
  const binaryNames = new Set<string>();
  for (const [name, type] of byName) {
    if (BINARY_SYNTAXES.has(syntaxOf(type, byName) ?? '') && !TEXT_OCTETS.has(name)) binaryNames.add(name);
  }
  const classesOf = new Map<string, string[]>();
  const objectClasses: ObjectClassType[] = [];
  for (const definition of classDefinitions) {
    const withoutText = definition.replace(/\sDESC\s+'[^']*'/i, '');
    const objectClass = namesAfter(withoutText, 'NAME')[0];
    if (objectClass === undefined) continue;
    const attributes = [...namesAfter(withoutText, 'MUST'), ...namesAfter(withoutText, 'MAY')].map(
      attributeKey,
    );
    for (const key of attributes) classesOf.set(key, [...(classesOf.get(key) ?? []), objectClass]);
    objectClasses.push({
      name: objectClass.toLowerCase(),
      superior: namesAfter(withoutText, 'SUP')[0]?.toLowerCase() ?? null,
      auxiliary: /\sAUXILIARY\b/i.test(withoutText),
      attributes,
    });
  }
  return { objectClasses, attributeTypes, binaryNames, classesOf };
}

/** The server's subschema; null when it says no place for it or hides it. Lost connections throw. */
export async function readServerSchema(
  session: LdapSession,
  rootDse: RootDse,
  timeoutMs: number,
): Promise<ServerSchema | null> {
  if (rootDse.subschemaSubentry === null) return null;
  try {
    const entry = await readBase(session, rootDse.subschemaSubentry, ['attributeTypes', 'objectClasses'], {
      filter: '(objectClass=subschema)',
      timeoutMs,
    });
    const definitions = entry?.get('attributetypes') ?? [];
    return definitions.length === 0 ? null : parseSchema(definitions, entry?.get('objectclasses') ?? []);
  } catch (error) {
    if (!session.isOpen) throw error;
    return null;
  }
}

/** The schema as every connector shows it. */
export function schemaAttributes(
  schema: ServerSchema,
  isSecret: (name: string) => boolean,
): SchemaAttribute[] {
  return schema.attributeTypes
    .filter(({ names }) => !names.some(isSecret))
    .map(({ names, singleValue }) => ({
      name: names[0] as string,
      multiValued: !singleValue,
      binary: schema.binaryNames.has((names[0] as string).toLowerCase()),
      objectClasses: [...new Set(names.flatMap((name) => schema.classesOf.get(name.toLowerCase()) ?? []))],
    }));
}
