// Writes decoded entries and their members as rows for COPY into the staging of a read.
import type { Connector } from '../../connectors/connector.ts';
import type { CopyValue } from '../../database/copy-rows.ts';
import type { FieldValues } from '../../domain/attribute-mapping.ts';
import { referenceDigest } from '../../domain/fingerprint.ts';
import type { SourceEntry } from '../../domain/source-entry.ts';
import type { StagedGroup } from './page-stager.ts';

interface MappedEntry {
  entry: SourceEntry;
  fields: FieldValues;
  /** Of the entry and of its members, in hex. */
  digest: string;
  members: string | null;
  batch: number;
}

export interface EntryRows {
  /** In the order of ENTRY_COLUMNS. */
  entryRow(mapped: MappedEntry): CopyValue[];
  /** Batch, source id of the group, key and text of the reference; each member of a group once. */
  memberRows(groups: StagedGroup[]): Iterable<CopyValue[]>;
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
        members === null ? null : `\\x${members}`,
        entry.objectClass,
        entry.distinguishedName,
        referenceDigest(connectionId, entry.referenceKey),
        entry.alternateKey === null ? null : referenceDigest(connectionId, entry.alternateKey),
        ...fieldColumns(entry, fields),
        entry.memberAttribute,
        JSON.stringify(entry.attributes),
        JSON.stringify(entry.sideAttributes),
        `\\x${digest}`,
      ];
    },
    *memberRows(groups) {
      for (const { entry, batch } of groups) {
        const attribute = entry.memberAttribute as string;
        const listed = new Set<string>();
        for (const value of entry.memberValues) {
          const key = keyOf(value, attribute);
          if (key === null || listed.has(key)) continue;
          listed.add(key);
          yield [batch, entry.sourceId, key, value];
        }
      }
    },
  };
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
