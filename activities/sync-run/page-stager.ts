// Turns one page of a source into staging rows: unchanged entries leave only their id.
import { setImmediate } from 'node:timers/promises';
import type { Connector } from '../../connectors/connector.ts';
import { CopyRows } from '../../database/copy-rows.ts';
import { type KnownEntry, knownEntries } from '../../database/queries/sync/known-entries.ts';
import type { StagedRows, StagingTables } from '../../database/queries/sync/staging.ts';
import { compileMapping } from '../../domain/attribute-mapping.ts';
import { entryDigest, mappingDigest, membersDigest } from '../../domain/fingerprint.ts';
import type { ReadPosition } from '../../domain/read-position.ts';
import type { ReadEntry, RejectedEntry, SourcePage } from '../../domain/source-entry.ts';
import { refuseEntry } from '../../domain/staged-entry.ts';
import { createEntryRows, type StagedGroup } from './entry-rows.ts';
import type { StepContext } from './run-step.ts';

/** One page, ready to be copied: the ids of all entries that count, and rows of those that differ. */
export interface StagedPage extends StagedRows {
  /** Entries that count. */
  count: number;
  rejected: RejectedEntry[];
  notices: string[];
  position: ReadPosition | null;
}

/** Pages that may be on their way into the database when the next one is looked up. */
export const PAGES_WRITTEN_AT_ONCE = 2;
/** Entries that are worked on before others get the thread: the page before is on its way into the database. */
const ENTRIES_AT_ONCE = 50;
/** Members that one statement of the merge takes, but that a group is never split. */
const MEMBERS_PER_BATCH = 40_000;

/** What nothing is known of. */
const UNKNOWN: KnownEntry = { repeated: false, digest: null, membersHash: null };

export interface LookedUpPage {
  page: SourcePage;
  unique: Map<string, ReadEntry>;
  known: Promise<KnownEntry[]>;
}

export interface PageStager {
  /** Asks what is known of a page; the page before it may still be on its way into the database. */
  look(page: SourcePage): LookedUpPage;
  /** Compares a page with what is known of it. */
  stage(page: LookedUpPage): Promise<StagedPage>;
}

/** The first numbers that a read's batches and groups get. */
export interface StagedNumbers {
  batch: number;
  group: number;
  membersBatch: number;
}

/**
 * @param adoptable nothing is stored of the connection, or what came meanwhile is merged: every entry is staged, and repeated ones are dropped when the read is complete
 * @param next where an earlier attempt's numbers end that this read goes on with
 */
export function createPageStager(
  context: StepContext,
  connector: Connector,
  tables: StagingTables,
  adoptable: boolean,
  next: StagedNumbers = { batch: 0, group: 0, membersBatch: 0 },
): PageStager {
  const { plan } = context;
  const { pool } = context.deps.database;
  const { connectionId, projectId } = plan;
  const mapEntry = compileMapping(plan.attributeMappings);
  const rows = createEntryRows(connector, connectionId);
  const digests = new Map<string, string>();
  const mappingOf = (objectClass: string): string => {
    const known = digests.get(objectClass) ?? mappingDigest(plan.attributeMappings, objectClass);
    digests.set(objectClass, known);
    return known;
  };
  const takeMembersBatch = membersBatches(next.membersBatch);
  let groupNumber = next.group;
  let batch = next.batch - 1;
  // The pages before may not be committed when this one is looked up, so their ids are remembered here.
  const uncommitted: Set<string>[] = [];

  async function lookUp(sourceIds: string[]): Promise<KnownEntry[]> {
    if (!adoptable) return knownEntries(pool, { connectionId, projectId, tables, sourceIds });
    return sourceIds.map(() => UNKNOWN);
  }

  function noteSeen(staged: StagedPage, sourceId: string): void {
    staged.count += 1;
    // All of an adoptable read is in the rows of its entries.
    if (!adoptable) staged.seen.add([sourceId]);
  }

  function stageEntry(read: ReadEntry, stored: KnownEntry, staged: StagedPage, groups: StagedGroup[]): void {
    const digest = entryDigest(read, mappingOf(read.objectClass));
    if (digest === stored.digest) {
      noteSeen(staged, read.sourceId);
      return;
    }
    const decoded = read.decode();
    if ('rejected' in decoded) {
      staged.rejected.push(decoded.rejected);
      return;
    }
    const { entry } = decoded;
    const fields = mapEntry(entry);
    const refusal = refuseEntry(entry, fields);
    if (refusal) {
      staged.rejected.push(refusal);
      return;
    }
    noteSeen(staged, read.sourceId);
    const members = membersDigest(entry);
    if (members !== stored.membersHash) {
      const { sourceId, memberAttribute, memberValues } = entry;
      const number = groupNumber++;
      const membersBatch = takeMembersBatch(memberValues.length);
      groups.push({
        number,
        batch: membersBatch,
        page: batch,
        sourceId,
        digest: members,
        memberAttribute,
        memberValues,
        members: 0,
      });
    }
    staged.entries.add(rows.entryRow({ entry, fields, digest, members, batch }));
  }

  return {
    look(page) {
      const unique = new Map<string, ReadEntry>();
      for (const entry of page.entries) if (!unique.has(entry.sourceId)) unique.set(entry.sourceId, entry);
      const known = lookUp([...unique.keys()]);
      // A failure is thrown where it is awaited, not as an unhandled rejection before that.
      known.catch(() => {});
      return { page, unique, known };
    },
    async stage({ page, unique, known }) {
      batch += 1;
      const stored = await known;
      const groups: StagedGroup[] = [];
      const staged: StagedPage = {
        count: 0,
        seen: new CopyRows(),
        entries: new CopyRows(),
        members: () => rows.memberRows(groups),
        groups: () => rows.groupRows(groups),
        rejected: [...page.rejected],
        notices: page.notices,
        position: page.position ?? null,
      };
      let index = 0;
      for (const [sourceId, read] of unique) {
        if (index > 0 && index % ENTRIES_AT_ONCE === 0) await setImmediate();
        const known = stored[index++] as KnownEntry;
        if (!known.repeated && !uncommitted.some((ids) => ids.has(sourceId)))
          stageEntry(read, known, staged, groups);
      }
      uncommitted.push(new Set(unique.keys()));
      if (uncommitted.length > PAGES_WRITTEN_AT_ONCE) uncommitted.shift();
      return staged;
    },
  };
}

/** Numbers groups so that those of one number have about MEMBERS_PER_BATCH members. */
function membersBatches(first: number): (members: number) => number {
  let batch = first;
  let inBatch = 0;
  return (members) => {
    if (inBatch > 0 && inBatch + members > MEMBERS_PER_BATCH) {
      batch += 1;
      inBatch = 0;
    }
    inBatch += members;
    return batch;
  };
}
