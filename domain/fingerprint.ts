// Digests by which an unchanged entry is told from a changed one, and by which references are compared.
import { hash } from 'node:crypto';
import { DEFAULT_MAPPINGS } from './default-mappings.ts';
import type { AttributeMapping } from './object-fields.ts';
import type { Attributes, ReferenceKey, SourceEntry } from './source-entry.ts';

/** Hex digits of the SHA-256 prefix that is kept: 128 bits. */
const DIGITS = 32;

/** The three digests of an entry, each 32 hex digits. `members` is null for what is no group. */
export interface Fingerprint {
  content: string;
  side: string;
  members: string | null;
}

/**
 * Digests an entry under a mapping (`mappingDigest`): whoever changes the mapping changes each content digest, so
 * that the next run fills the fields anew. The order of an attribute's values says nothing and is not digested.
 */
export function fingerprint(entry: SourceEntry, mapping: string): Fingerprint {
  return {
    content: digest(
      JSON.stringify([mapping, entry.objectClass, entry.distinguishedName, canonical(entry.attributes)]),
    ),
    side: digest(JSON.stringify([mapping, canonical(entry.sideAttributes)])),
    members:
      entry.memberAttribute === null
        ? null
        : digest(JSON.stringify([entry.memberAttribute, entry.memberValues])),
  };
}

/** Digest of what decides how the fields of a class are filled: the defaults and the project's own mappings. */
export function mappingDigest(mappings: AttributeMapping[], objectClass: string): string {
  const effective = mappings.filter((mapping) => (mapping.objectClass ?? objectClass) === objectClass);
  return digest(JSON.stringify([DEFAULT_MAPPINGS, effective]));
}

/** A reference as it is stored and joined on: references of two connections never compare equal. */
export function referenceDigest(connectionId: string, key: ReferenceKey): string {
  return digest(`${connectionId} ${key}`);
}

function digest(text: string): string {
  return hash('sha256', text, 'hex').slice(0, DIGITS);
}

function canonical(attributes: Attributes): unknown[] {
  const flat: unknown[] = [];
  for (const name of Object.keys(attributes).sort()) {
    const values = attributes[name];
    if (values === undefined) continue;
    flat.push(name, Array.isArray(values) ? sorted(values) : { binary: sorted(values.binary) });
  }
  return flat;
}

function sorted(values: string[]): string[] {
  return values.length > 1 ? [...values].sort() : values;
}
