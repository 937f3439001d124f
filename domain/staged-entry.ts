// Decides which read entries cannot be stored.

import type { FieldValues } from './attribute-mapping.ts';
import type { RejectedEntry, SourceEntry } from './source-entry.ts';

/** Bytes of the longest values that indexes hold: a B-tree entry of PostgreSQL ends at 2,704. */
export const LONGEST_INDEXED = 600;
const INDEXED = ['displayName', 'givenName', 'surname', 'accountName', 'email', 'department'] as const;

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

/** Whether no index holds the value. */
export function overlong(value: string | undefined): boolean {
  return (
    value !== undefined && value.length > LONGEST_INDEXED / 3 && Buffer.byteLength(value) > LONGEST_INDEXED
  );
}
