// Digests by which an unchanged entry is told from a changed one, and by which references are compared.
import { hash } from 'node:crypto';
import { DEFAULT_MAPPINGS } from './default-mappings.ts';
import type { AttributeMapping } from './object-fields.ts';
import type { ReadEntry, ReferenceKey, SourceEntry } from './source-entry.ts';

/** Hex digits of the SHA-256 prefix that is kept: 128 bits. */
export const DIGEST_DIGITS = 32;

/**
 * Digest of an entry as its source sent it, under a mapping (`mappingDigest`) and class: whoever changes the mapping
 * changes the digest of every entry, so that the next run fills the fields anew.
 */
export function entryDigest(entry: Pick<ReadEntry, 'objectClass' | 'digest'>, mapping: string): string {
  return digest(`${mapping} ${entry.objectClass} ${entry.digest}`);
}

/** Digest of a group's members as listed; null for what is no group. */
export function membersDigest(entry: SourceEntry): string | null {
  if (entry.memberAttribute === null) return null;
  return digest(JSON.stringify([entry.memberAttribute, entry.memberValues]));
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

/** The digest of a text, in hex. */
export function digest(text: string): string {
  return hash('sha256', text, 'hex').slice(0, DIGEST_DIGITS);
}
