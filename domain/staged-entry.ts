// Decides what of a read entry must be staged, and what cannot be.

import type { FieldValues } from './attribute-mapping.ts';
import type { Fingerprint } from './fingerprint.ts';
import type { RejectedEntry, SourceEntry } from './source-entry.ts';

/** Bytes of the longest values that indexes hold: a B-tree entry of PostgreSQL ends at 2,704. */
const LONGEST_INDEXED = 600;
const INDEXED = ['displayName', 'accountName', 'email', 'department'] as const;

/** What is stored of an entry, as far as it tells whether it changed; nulls where nothing is. */
export interface StoredDigests {
  contentHash: string | null;
  sideHash: string | null;
  membersHash: string | null;
}

/** Whether the stored version says all that the entry says, members included. */
export function isUnchanged(print: Fingerprint, stored: StoredDigests): boolean {
  return (
    print.content === stored.contentHash && print.side === stored.sideHash && !membersDiffer(print, stored)
  );
}

/** Whether the members must be staged: of a group that lists others than it did, and of what is no group any more. */
export function membersDiffer(print: Fingerprint, stored: StoredDigests): boolean {
  return print.members !== stored.membersHash;
}

/** Why an entry cannot be stored; null for the usual one. */
export function refuseEntry(entry: SourceEntry, fields: FieldValues): RejectedEntry | null {
  const tooLong = overlong(entry.sourceId) ? 'id' : INDEXED.find((name) => overlong(fields[name]));
  if (!tooLong) return null;
  return {
    distinguishedName: entry.distinguishedName,
    code: 'too_long',
    message: `The ${tooLong} is longer than ${LONGEST_INDEXED} bytes.`,
  };
}

function overlong(value: string | undefined): boolean {
  return (
    value !== undefined && value.length > LONGEST_INDEXED / 3 && Buffer.byteLength(value) > LONGEST_INDEXED
  );
}
