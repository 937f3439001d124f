// Makes groups whole: the members beyond the first answer, and those whose primary group it is.
import type { ReadEntry, RejectedEntry, SourceEntry } from '../../domain/source-entry.ts';
import { digestParts } from '../entry-digest.ts';
import type { ScannedEntry } from '../ldap/entry-scan.ts';
import { rawAttributes } from '../ldap/raw-entry.ts';
import type { GuidList } from './guid-list.ts';
import { sidText } from './identifiers.ts';
import { allMembers, type MemberPortion, portionOf } from './member-ranges.ts';
import { type DirectorySearcher, primaryMembers } from './primary-members.ts';

/** An entry that may be a group, as one answer brought it. */
export interface ScannedGroup {
  scanned: ScannedEntry;
  sid: string | null;
  /** Its first members, where the server has more. */
  first: MemberPortion | null;
  /** It came without a single one. */
  lacksMembers: boolean;
}

const NEEDED = /^(?:objectsid|usnchanged|member(?:;range=.*)?)$/;

/** What completing a group needs of its bytes. */
export function scanGroup(scanned: ScannedEntry, bytes: Buffer, start: number, end: number): ScannedGroup {
  if ('rejected' in scanned) return { scanned, sid: null, first: null, lacksMembers: false };
  const attributes = rawAttributes(bytes, start, end, (name) => NEEDED.test(name));
  const isDivided = [...attributes.keys()].some((name) => /^member;range=\d+-\d+$/.test(name));
  const lacksMembers = ![...attributes].some(([name, { length }]) => name.startsWith('member') && length > 0);
  return {
    scanned,
    lacksMembers,
    sid: sidText(attributes.get('objectsid')?.[0] ?? Buffer.alloc(0)),
    first: isDivided ? portionOf(attributes) : null,
  };
}

/** A group with members that its own bytes do not hold. */
class CompletedGroup implements ReadEntry {
  readonly sourceId: string;
  readonly objectClass: string;
  readonly digest: string;
  private readonly group: ReadEntry;
  private readonly members: string[] | null;
  private readonly primary: GuidList | null;

  /** @param members all of them, where the bytes hold only the first ones */
  constructor(group: ReadEntry, members: string[] | null, primary: GuidList | null) {
    this.sourceId = group.sourceId;
    this.objectClass = group.objectClass;
    this.group = group;
    this.members = members;
    this.primary = primary;
    this.digest = digestParts(group.digest, [...(members ?? []), primary?.content() ?? '']);
  }

  decode(): { entry: SourceEntry } | { rejected: RejectedEntry } {
    const decoded = this.group.decode();
    if ('rejected' in decoded) return decoded;
    const { entry } = decoded;
    const memberValues = [...(this.members ?? entry.memberValues)];
    for (const reference of this.primary?.references() ?? []) memberValues.push(reference);
    return { entry: { ...entry, memberAttribute: 'member', memberValues } };
  }
}

/**
 * The groups of one answer, whole. One that is very large comes in a part of its own, so that two are not held at once.
 * @throws AppError when a group cannot be completed: the read must fail then
 */
export async function* completeGroups(
  searcher: DirectorySearcher,
  groups: ScannedGroup[],
): AsyncGenerator<ScannedEntry[]> {
  const sids = groups.flatMap(({ sid }) => (sid === null ? [] : [sid]));
  const primary = await primaryMembers(searcher, sids);
  let ready: ScannedEntry[] = [];
  for (const { scanned, sid, first } of groups) {
    const own = sid === null ? null : (primary.get(sid) ?? null);
    if ('rejected' in scanned || (first === null && own === null)) {
      ready.push(scanned);
      continue;
    }
    const members =
      first === null
        ? null
        : await allMembers(searcher.session, scanned.sourceId, first, searcher.idleTimeoutMs);
    ready.push(new CompletedGroup(scanned, members, own));
    if (members === null) continue;
    yield ready;
    ready = [];
  }
  if (ready.length > 0) yield ready;
}
