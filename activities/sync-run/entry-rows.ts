// Writes decoded entries and their members as rows for COPY into the staging of a read.
import type { Connector } from '../../connectors/connector.ts';
import type { CopyValue } from '../../database/copy-rows.ts';
import type { FieldValues } from '../../domain/attribute-mapping.ts';
import { referenceDigest } from '../../domain/fingerprint.ts';
import type { SourceEntry } from '../../domain/source-entry.ts';

interface MappedEntry {
  entry: SourceEntry;
  fields: FieldValues;
  /** Of the entry and of its members, in hex. */
  digest: string;
  members: string | null;
  batch: number;
}

/** A group (or what was one) whose members differ from what is stored. */
export interface StagedGroup {
  /** Counts the groups of a read. */
  number: number;
  /** The batch that its members are merged with. */
  batch: number;
  /** The page that brought it. */
  page: number;
  sourceId: string;
  /** Of the members, in hex; null for what is no group any more. */
  digest: string | null;
  memberAttribute: string | null;
  memberValues: string[];
  /** How many different members there are, once their rows were made. */
  members: number;
}

export interface EntryRows {
  /** In the order of ENTRY_COLUMNS. */
  entryRow(mapped: MappedEntry): CopyValue[];
  /** Number of the group, key and text of the reference; each member of a group once. Counts them. */
  memberRows(groups: StagedGroup[]): Iterable<CopyValue[]>;
  /** Number, batch, page, source id, digest and number of members. */
  groupRows(groups: StagedGroup[]): Iterable<CopyValue[]>;
}

export function createEntryRows(connector: Connector, connectionId: string): EntryRows {
  const keyOf = (value: string | undefined, attribute: string | undefined): string | null => {
    const key = value === undefined ? null : connector.referenceKey(value, attribute ?? '');
    return key === null ? null : referenceDigest(connectionId, key);
  };
  return {
    entryRow({ entry, fields, digest, members, batch }) {
      return [
        batch,
        keyOf(fields.managerId, fields.managerAttribute),
        keyOf(fields.ownerId, fields.ownerAttribute),
        entry.sourceId,
        hexBytes(members),
        entry.objectClass,
        entry.distinguishedName,
        referenceDigest(connectionId, entry.referenceKey),
        entry.alternateKey === null ? null : referenceDigest(connectionId, entry.alternateKey),
        ...fieldColumns(entry, fields),
        entry.memberAttribute,
        JSON.stringify(entry.attributes),
        JSON.stringify(entry.sideAttributes),
        hexBytes(digest),
      ];
    },
    *memberRows(groups) {
      for (const group of groups) {
        const attribute = group.memberAttribute ?? '';
        const listed = new Set<string>();
        for (const value of group.memberValues) {
          const key = keyOf(value, attribute);
          if (key === null || listed.has(key)) continue;
          listed.add(key);
          yield [group.number, key, value];
        }
        group.members = listed.size;
      }
    },
    *groupRows(groups) {
      for (const { number, batch, page, sourceId, digest, members } of groups)
        yield [number, batch, page, sourceId, hexBytes(digest), members];
    },
  };
}

/** Bytes in the text form of bytea. */
function hexBytes(digits: string | null): string | null {
  return digits === null ? null : `\\x${digits}`;
}

/** The columns from `display_name` to `source_changed_at`. */
function fieldColumns(entry: SourceEntry, fields: FieldValues): CopyValue[] {
  const status = fields.status ?? 'active';
  return [
    fields.displayName ?? fields.accountName ?? entry.distinguishedName?.slice(0, 500) ?? entry.sourceId,
    fields.accountName ?? null,
    fields.userPrincipalName ?? null,
    fields.givenName ?? null,
    fields.surname ?? null,
    fields.email ?? null,
    fields.employeeId ?? null,
    fields.department ?? null,
    fields.title ?? null,
    fields.company ?? null,
    fields.phone ?? null,
    fields.description ?? null,
    fields.groupType ?? null,
    status,
    status === 'active',
    fields.lastLogonAt ?? null,
    fields.passwordLastSetAt ?? null,
    fields.accountExpiresAt ?? null,
    fields.sourceCreatedAt ?? null,
    fields.sourceChangedAt ?? null,
  ];
}
