// What a connector hands over: entries of a source in one shape, whatever the system.
import type { ReadPosition } from './read-position.ts';

/** An attribute's values: text, or binary values in base64. Order is the source's. */
export type AttributeValues = string[] | { binary: string[] };

/** Attribute name (spelled as the source spells it) → values. */
export type Attributes = Record<string, AttributeValues>;

/**
 * How entries of one connection refer to each other: `dn:` + normalised DN (RFC 4514 / 4517), `uid:` + folded
 * account name (posixGroup's memberUid), `id:` + source id (CSV's key column). Two references are equal
 * if and only if their keys are equal strings.
 */
export type ReferenceKey = `${'dn' | 'uid' | 'id'}:${string}`;

/** One entry of a source, decoded, without secrets, not yet mapped onto fields. */
export interface SourceEntry {
  /** Immutable id at the source: entryUUID, objectGUID, the key column. */
  sourceId: string;
  objectClass: string;
  distinguishedName: string | null;
  /** The key that others refer to this entry by, and a second one where the system has two ways. */
  referenceKey: ReferenceKey;
  alternateKey: ReferenceKey | null;
  /** What is hashed and kept in history. */
  attributes: Attributes;
  /** What changes at every sign-in or write: kept, but outside hash and history. */
  sideAttributes: Attributes;
  /** The attribute the member values came from (`member`, `memberUid`, …); null where the entry is no group. */
  memberAttribute: string | null;
  /** Raw member values, as the source sent them; empty for what is no group. */
  memberValues: string[];
}

/** Why an entry was not taken. */
export const REJECTION_CODES = ['no_id', 'undecodable', 'too_long', 'no_key', 'malformed_row'] as const;

/** An entry that could not be taken: it is recorded and does not stop the run. */
export interface RejectedEntry {
  distinguishedName: string | null;
  code: (typeof REJECTION_CODES)[number];
  message: string;
}

/**
 * An entry as a page brings it: its id and a digest of what the source sent, decoded only on demand, since most
 * entries of most reads are known already.
 */
export interface ReadEntry {
  /** Immutable id at the source: entryUUID, objectGUID, the key column. */
  sourceId: string;
  objectClass: string;
  /**
   * 32 hex digits over all that the source sent of this entry, members included. Equal digests: the same entry;
   * different ones say little, since a source may send the same values in another order.
   */
  digest: string;
  /** The entry, or why it cannot be taken. May be called after later pages were asked for. */
  decode(): { entry: SourceEntry } | { rejected: RejectedEntry };
}

/** What one read step brings. */
export interface SourcePage {
  entries: ReadEntry[];
  /** Those without a usable id; whoever decodes `entries` finds the others. */
  rejected: RejectedEntry[];
  /** Things a person should know that stop nothing (a referral that was ignored). */
  notices: string[];
  /** Behind this page, where the source can resume a read. */
  position?: ReadPosition;
}
