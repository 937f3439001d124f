// Fetches the members that did not fit into a group's first answer, and takes no list for whole that changed meanwhile.
import { AppError } from '../../domain/app-error.ts';
import type { LdapSession } from '../ldap/session.ts';
import { textOf } from '../ldap/values.ts';
import { MEMBERS_AT_ONCE } from './directory-schema.ts';
import { readEntry } from './domain-controller.ts';
import { guidReference } from './identifiers.ts';

/** Some of a group's members, in the server's order (MS-ADTS section 3.1.1.3.1.3.3). */
export interface MemberPortion {
  members: string[];
  /** Whether these are the last ones. */
  last: boolean;
  /** The group's change number when they were read. */
  usn: string;
}

const PORTION = /^member;range=(\d+)-(\d+|\*)$/;
const ATTEMPTS = 5;

function text(value: Buffer): string {
  const found = textOf(value, 0, value.length);
  if (found !== null) return found;
  throw new AppError('source_error', 'The server sent a member whose name is no text.');
}

/** The portion that an answer holds; null where it has no member at all. */
export function portionOf(attributes: Map<string, Buffer[]>): MemberPortion | null {
  const usn = attributes.get('usnchanged')?.[0]?.toString() ?? '';
  for (const [name, values] of attributes) {
    const range = PORTION.exec(name);
    if (range !== null && values.length > 0)
      return { members: values.map(text), last: range[2] === '*', usn };
  }
  const whole = attributes.get('member') ?? [];
  return whole.length === 0 ? null : { members: whole.map(text), last: true, usn };
}

async function fetchPortion(
  session: LdapSession,
  guid: string,
  from: number,
  timeoutMs: number,
): Promise<MemberPortion | null> {
  const range = `member;range=${from}-${from + MEMBERS_AT_ONCE - 1}`;
  const entry = await readEntry(session, guidReference(guid), [range, 'uSNChanged'], timeoutMs);
  if (entry === null) throw gone(guid);
  return portionOf(entry);
}

function gone(guid: string): AppError {
  return new AppError('source_busy', `The group ${guid} went away while its members were read.`);
}

/**
 * All members of a group whose first answer brought only some. Each portion begins with the last member of the one
 * before, and all carry one change number: whatever else came or went in between shows, and the reading begins anew.
 * @throws AppError `source_busy` when the group changes faster than it can be read, or is gone
 */
export async function allMembers(
  session: LdapSession,
  guid: string,
  first: MemberPortion,
  timeoutMs: number,
): Promise<string[]> {
  let begin: MemberPortion | null = first;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    if (begin === null) return [];
    const members = await followPortions(begin, (from) =>
      fetchPortion(session, guid, from, timeoutMs).catch((error) => {
        throw isGone(error) ? gone(guid) : error;
      }),
    );
    if (members !== null) return members;
    begin = await fetchPortion(session, guid, 0, timeoutMs);
  }
  throw new AppError(
    'source_busy',
    `The members of the group ${guid} changed each of the ${ATTEMPTS} times that they were read.`,
  );
}

/** A group that is deleted during the read answers like a base that never was. */
function isGone(error: unknown): boolean {
  return error instanceof AppError && error.code === 'base_not_found';
}

/** The members of all portions; null when they are not those of one moment. */
async function followPortions(
  first: MemberPortion,
  next: (from: number) => Promise<MemberPortion | null>,
): Promise<string[] | null> {
  const members = [...first.members];
  for (let last = first.last; !last; ) {
    const portion = await next(members.length - 1);
    if (portion === null || portion.usn !== first.usn || portion.members[0] !== members.at(-1)) return null;
    if (portion.members.length === 1 && !portion.last)
      throw new AppError('source_error', 'The server sends no more than one member at a time.');
    for (const member of portion.members.slice(1)) members.push(member);
    last = portion.last;
  }
  return members;
}
