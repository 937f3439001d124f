// Brings groups and the rows of a membership file together, in memory that does not grow with either:
// both are divided among buckets on disk by the group's key, and then joined bucket by bucket.
import type { RejectedEntry } from '../../domain/source-entry.ts';
import type { SourceFile } from '../source-file.ts';
import { readMembershipHeader } from './columns.ts';
import type { CsvConfig } from './config.ts';
import { rejectRow } from './row-entries.ts';
import { type CsvRow, csvRows } from './rows.ts';
import { SpillFile } from './spill.ts';

/** The part of a membership file that one bucket holds, at best; each bucket takes two file descriptors. */
const BUCKET_BYTES = 1 << 20;
const MAX_BUCKETS = 128;

type MembershipColumns = ReturnType<typeof readMembershipHeader>;

/** A group's row, and its members in the membership file: each once, sorted, so that the file's order is none. */
export interface JoinedGroup {
  key: string;
  cells: string[];
  members: string[];
  /** How much room it takes, in values. */
  size: number;
}

/** So many characters of a row count as one value. */
const CHARACTERS_PER_VALUE = 32;

interface Bucket {
  memberships: SpillFile;
  groups: SpillFile;
}

interface RejectedRow {
  entry: RejectedEntry;
  line: number;
}

function bucketOf(key: string, count: number): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < key.length; at += 1) value = Math.imul(value ^ key.charCodeAt(at), 0x01000193);
  return (value >>> 0) % count;
}

async function readMembers(bucket: Bucket): Promise<Map<string, string[]>> {
  const members = new Map<string, string[]>();
  for await (const lines of bucket.memberships.read()) {
    for (const line of lines) {
      const [group, member] = JSON.parse(line) as [string, string];
      const known = members.get(group);
      if (known === undefined) members.set(group, [member]);
      else known.push(member);
    }
  }
  return members;
}

export class MembershipJoin {
  private readonly buckets: Bucket[] = [];
  private unmatchedCount = 0;
  private unmatchedExample = '';

  /** @param size of the membership file, in bytes; it decides how many buckets there are. */
  static async create(size: number): Promise<MembershipJoin> {
    const count = Math.min(MAX_BUCKETS, Math.max(1, Math.ceil(size / BUCKET_BYTES)));
    const join = new MembershipJoin();
    try {
      for (let index = 0; index < count; index += 1) {
        const memberships = await SpillFile.create();
        join.buckets.push({ memberships, groups: await SpillFile.create() });
      }
      return join;
    } catch (error) {
      await join.close();
      throw error;
    }
  }

  private bucket(key: string): Bucket {
    return this.buckets[bucketOf(key, this.buckets.length)] as Bucket;
  }

  /** Takes the whole membership file in; brings the rows behind line `after` that could not be taken, in lots. */
  async *load(
    file: SourceFile,
    config: Pick<CsvConfig, 'delimiter' | 'encoding'>,
    after: number,
  ): AsyncGenerator<{ rejected: RejectedEntry[]; line: number }> {
    let header: MembershipColumns | null = null;
    for await (const lot of csvRows(file, config)) {
      const rejected: RejectedRow[] = [];
      for (const row of lot) {
        if (header === null) {
          header = readMembershipHeader(row.cells, file.name);
          continue;
        }
        // Waiting for what needs no waiting would cost more than the row.
        const written = this.take(row, header, file.name, rejected);
        if (written !== null) await written;
      }
      const told = rejected.filter((each) => each.line > after).map(({ entry }) => entry);
      yield { rejected: told, line: lot.at(-1)?.line ?? 0 };
    }
    if (header === null) readMembershipHeader([], file.name);
  }

  private take(
    { cells, line }: CsvRow,
    header: MembershipColumns,
    file: string,
    rejected: RejectedRow[],
  ): Promise<void> | null {
    const group = (cells[header.group] ?? '').trim();
    const member = (cells[header.member] ?? '').trim();
    const wrong = membershipProblem(cells, header.width, group, member);
    if (wrong === null) return this.bucket(group).memberships.add(JSON.stringify([group, member]));
    rejected.push({ entry: rejectRow(file, line, 'malformed_row', wrong), line });
    return null;
  }

  /** Keeps a group's row until its members are known. A returned promise must be waited for. */
  addGroup(key: string, cells: string[]): Promise<void> | null {
    return this.bucket(key).groups.add(JSON.stringify([key, cells]));
  }

  /** The groups with their members; what follows no group is counted. */
  async *groups(): AsyncGenerator<JoinedGroup> {
    for (const bucket of this.buckets) {
      const members = await readMembers(bucket);
      for await (const lines of bucket.groups.read()) {
        for (const line of lines) {
          const [key, cells] = JSON.parse(line) as [string, string[]];
          const own = [...new Set(members.get(key))].sort();
          members.delete(key);
          yield { key, cells, members: own, size: own.length + line.length / CHARACTERS_PER_VALUE };
        }
      }
      for (const [group, own] of members) {
        this.unmatchedCount += own.length;
        this.unmatchedExample ||= group;
      }
    }
  }

  /** Membership rows that name a group that was never added, and one such name. */
  unmatched(): { count: number; example: string } {
    return { count: this.unmatchedCount, example: this.unmatchedExample };
  }

  async close(): Promise<void> {
    await Promise.all(
      this.buckets.flatMap(({ memberships, groups }) => [memberships.close(), groups.close()]),
    );
  }
}

function membershipProblem(cells: string[], width: number, group: string, member: string): string | null {
  if (cells.length !== width) return `it has ${cells.length} values, the header has ${width}`;
  if (group === '') return 'its group is empty';
  if (member === '') return 'its member is empty';
  if (group.includes('\0') || member.includes('\0')) return 'it holds a NUL character';
  return null;
}
