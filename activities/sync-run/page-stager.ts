// Turns one page of a source into staging rows: unchanged entries leave only their id.
import type { Connector } from '../../connectors/connector.ts';
import type { CopyValue } from '../../database/copy-rows.ts';
import { type KnownEntry, knownEntries } from '../../database/queries/sync/known-entries.ts';
import type { StagingTables } from '../../database/queries/sync/staging.ts';
import { compileMapping, type FieldValues } from '../../domain/attribute-mapping.ts';
import { type Fingerprint, fingerprint, mappingDigest, referenceDigest } from '../../domain/fingerprint.ts';
import type { ReferenceKey, RejectedEntry, SourceEntry, SourcePage } from '../../domain/source-entry.ts';
import { isUnchanged, membersDiffer, refuseEntry } from '../../domain/staged-entry.ts';
import type { StepContext } from './run-step.ts';

/** One page, ready to be copied. */
export interface StagedPage {
  /** Ids of all entries that count, changed or not. */
  seen: string[];
  /** Rows of `entry`, in the order of ENTRY_COLUMNS. */
  entries: CopyValue[][];
  hasMembers: boolean;
  /** Rows of `member`, made as they are copied, since one group may have hundreds of thousands. */
  members(): Iterable<CopyValue[]>;
  rejected: RejectedEntry[];
  notices: string[];
}

/** Members that one statement of the merge takes, but that a group is never split. */
const MEMBERS_PER_BATCH = 40_000;

export interface LookedUpPage {
  page: SourcePage;
  unique: Map<string, SourceEntry>;
  known: Promise<KnownEntry[]>;
}

export interface PageStager {
  /** Asks what is known of a page; the page before it may still be on its way into the database. */
  look(page: SourcePage): LookedUpPage;
  /** Compares a page with what is known of it. */
  stage(page: LookedUpPage): Promise<StagedPage>;
}

export function createPageStager(
  context: StepContext,
  connector: Connector,
  tables: StagingTables,
): PageStager {
  const { plan } = context;
  const { pool } = context.deps.database;
  const mapEntry = compileMapping(plan.attributeMappings);
  const digests = new Map<string, string>();
  const mappingOf = (objectClass: string): string => {
    const known = digests.get(objectClass) ?? mappingDigest(plan.attributeMappings, objectClass);
    digests.set(objectClass, known);
    return known;
  };
  const key = (reference: ReferenceKey) => referenceDigest(plan.connectionId, reference);
  let batch = -1;
  let membersBatch = 0;
  let membersInBatch = 0;
  // The page before may not be committed when this one is looked up, so its ids are remembered here.
  let previous = new Set<string>();

  function takeMembersBatch(members: number): number {
    if (membersInBatch > 0 && membersInBatch + members > MEMBERS_PER_BATCH) {
      membersBatch += 1;
      membersInBatch = 0;
    }
    membersInBatch += members;
    return membersBatch;
  }

  function* memberRows(groups: { entry: SourceEntry; batch: number }[]): Iterable<CopyValue[]> {
    for (const { entry, batch } of groups) {
      const attribute = entry.memberAttribute as string;
      const listed = new Set<string>();
      for (const value of entry.memberValues) {
        const reference = connector.referenceKey(value, attribute);
        if (reference === null) continue;
        const digest = key(reference);
        if (listed.has(digest)) continue;
        listed.add(digest);
        yield [batch, entry.sourceId, digest, value];
      }
    }
  }

  return {
    look(page) {
      const unique = new Map<string, SourceEntry>();
      for (const entry of page.entries) if (!unique.has(entry.sourceId)) unique.set(entry.sourceId, entry);
      const { connectionId, projectId } = plan;
      const known = knownEntries(pool, { connectionId, projectId, tables, sourceIds: [...unique.keys()] });
      // A failure is thrown where it is awaited, not as an unhandled rejection before that.
      known.catch(() => {});
      return { page, unique, known };
    },
    async stage({ page, unique, known: lookUp }) {
      batch += 1;
      const known = await lookUp;
      const sourceIds = [...unique.keys()];
      const staged = newPage(page);
      const groups: { entry: SourceEntry; batch: number }[] = [];
      sourceIds.forEach((sourceId, index) => {
        const stored = known[index] as KnownEntry;
        if (stored.repeated || previous.has(sourceId)) return;
        const entry = unique.get(sourceId) as SourceEntry;
        const print = fingerprint(entry, mappingOf(entry.objectClass));
        if (isUnchanged(print, stored)) {
          staged.seen.push(sourceId);
          return;
        }
        const fields = mapEntry(entry);
        const refusal = refuseEntry(entry, fields);
        if (refusal) {
          staged.rejected.push(refusal);
          return;
        }
        staged.seen.push(sourceId);
        const inBatch = membersDiffer(print, stored) ? takeMembersBatch(entry.memberValues.length) : null;
        if (inBatch !== null) groups.push({ entry, batch: inBatch });
        staged.entries.push(entryRow(entry, fields, print, batch, inBatch, connector, key));
      });
      previous = new Set(staged.seen);
      staged.hasMembers = groups.some(({ entry }) => entry.memberValues.length > 0);
      staged.members = () => memberRows(groups);
      return staged;
    },
  };
}

function newPage(page: SourcePage): StagedPage {
  return {
    seen: [],
    entries: [],
    hasMembers: false,
    members: () => [],
    rejected: [...page.rejected],
    notices: page.notices,
  };
}

/** In the order of ENTRY_COLUMNS. */
function entryRow(
  entry: SourceEntry,
  fields: FieldValues,
  print: Fingerprint,
  batch: number,
  membersBatch: number | null,
  connector: Connector,
  key: (reference: ReferenceKey) => string,
): CopyValue[] {
  const reference = (value: string | undefined, attribute: string | undefined): string | null => {
    const found = value === undefined ? null : connector.referenceKey(value, attribute ?? '');
    return found === null ? null : key(found);
  };
  return [
    batch,
    membersBatch,
    entry.sourceId,
    entry.objectClass,
    entry.distinguishedName,
    key(entry.referenceKey),
    entry.alternateKey === null ? null : key(entry.alternateKey),
    reference(fields.managerId, fields.managerAttribute),
    reference(fields.ownerId, fields.ownerAttribute),
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
    fields.status ?? 'active',
    fields.lastLogonAt ?? null,
    fields.passwordLastSetAt ?? null,
    fields.accountExpiresAt ?? null,
    fields.sourceCreatedAt ?? null,
    fields.sourceChangedAt ?? null,
    entry.memberAttribute,
    JSON.stringify(entry.attributes),
    JSON.stringify(entry.sideAttributes),
    `\\x${print.content}`,
    `\\x${print.side}`,
    print.members === null ? null : `\\x${print.members}`,
  ];
}
