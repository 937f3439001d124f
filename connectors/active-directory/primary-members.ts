// Finds the members that groups have by being their primary group, which no group lists: many groups a search.
import { AppError } from '../../domain/app-error.ts';
import { allOf } from '../ldap/filter.ts';
import { pagedSearch } from '../ldap/paged-search.ts';
import { rawAttributes } from '../ldap/raw-entry.ts';
import type { LdapSession } from '../ldap/session.ts';
import { type ChangeRange, changedWithin } from './changes.ts';
import { domainScope } from './domain-controller.ts';
import { GuidList } from './guid-list.ts';
import { sidText, splitSid } from './identifiers.ts';
import { lastWritten, PRIMARY_GROUP_ID } from './replication-metadata.ts';

export interface DirectorySearcher {
  session: LdapSession;
  /** Where accounts may be: their domains, since a group's members need not lie below the connection's bases. */
  domains: string[];
  pageSize: number;
  idleTimeoutMs: number;
}

const GROUPS_PER_SEARCH = 200;
const DOMAIN_SUFFIX = /(?:^|(?<!\\),)\s*(dc=[^,=]+(?:,\s*dc=[^,=]+)*)\s*$/i;
/** Groups of a domain, as against the built-in ones (MS-DTYP section 2.4.2.4), which are nobody's primary group. */
const DOMAIN_SID = /^S-1-5-21-/;

/** The domains that bases lie in, each once. */
export function domainsOf(baseDns: string[]): string[] {
  const domains = baseDns.map((base) => DOMAIN_SUFFIX.exec(base)?.[1] ?? base);
  return [...new Map(domains.map((domain) => [domain.toLowerCase(), domain])).values()];
}

/**
 * The primary members of groups that are named by their SIDs. A primary group is named by its number within the
 * domain alone, so that accounts are matched by their own SID's domain too.
 * @throws AppError as a read does; a member without a readable id fails it
 */
export async function primaryMembers(
  searcher: DirectorySearcher,
  groupSids: string[],
): Promise<Map<string, GuidList>> {
  const found = new Map<string, GuidList>();
  const wanted = new Set(groupSids.filter((sid) => DOMAIN_SID.test(sid)));
  const rids = [...new Set([...wanted].map((sid) => splitSid(sid).rid))];
  for (let at = 0; at < rids.length; at += GROUPS_PER_SEARCH) {
    const numbers = rids.slice(at, at + GROUPS_PER_SEARCH).map((rid) => `(primaryGroupID=${rid})`);
    for await (const account of accounts(searcher, `(|${numbers.join('')})`)) {
      const sid = groupSidOf(account);
      if (sid === null || !wanted.has(sid)) continue;
      const guid = account.get('objectguid')?.[0];
      if (guid === undefined) throw hidden('objectGUID');
      const members = found.get(sid) ?? new GuidList();
      members.add(guid);
      found.set(sid, members);
    }
  }
  return found;
}

function hidden(attribute: string): AppError {
  return new AppError(
    'access_denied',
    `The bind account may read an account's primaryGroupID, but not its ${attribute}: the members of its primary group would be short of it.`,
  );
}

async function* accounts(
  searcher: DirectorySearcher,
  filter: string,
  more: string[] = [],
): AsyncGenerator<Map<string, Buffer[]>> {
  for (const baseDn of searcher.domains) {
    const batches = pagedSearch(searcher.session, {
      baseDn,
      filter,
      attributes: ['objectGUID', 'objectSid', 'primaryGroupID', ...more],
      pageSize: searcher.pageSize,
      idleTimeoutMs: searcher.idleTimeoutMs,
      decode: (bytes, start, end) => rawAttributes(bytes, start, end),
      controls: [domainScope()],
    });
    for await (const { items } of batches) yield* items;
  }
}

/** The SID of an account's primary group; null for what has none. */
function groupSidOf(account: Map<string, Buffer[]>): string | null {
  const rid = account.get('primarygroupid')?.[0]?.toString();
  if (rid === undefined) return null;
  const sid = sidText(account.get('objectsid')?.[0] ?? Buffer.alloc(0));
  if (sid === null) throw hidden('objectSid');
  return `${splitSid(sid).domain}-${rid}`;
}

/** Groups that a server itself makes primary: users, guests, computers, controllers (also read-only ones). */
const DEFAULT_GROUPS = [513, 514, 515, 516, 521];

/**
 * The groups, by SID, that won or lost primary members in a range of changes, as far as their own entries do not tell.
 * Setting an account's primary group moves it between the `member` lists of the old group and the new one, which
 * dates those (MS-SAMR section 3.1.1.8.2); but a new account enters its first group without a trace there, and one that
 * becomes another kind of account (a computer, a controller) goes from one default group to another.
 */
export async function changedPrimaryGroups(
  searcher: DirectorySearcher,
  range: ChangeRange,
): Promise<string[]> {
  const filter = allOf('(primaryGroupID=*)', changedWithin(range));
  const groups = new Set<string>();
  for await (const account of accounts(searcher, filter, ['uSNCreated', 'replPropertyMetaData'])) {
    const sid = groupSidOf(account);
    const written = lastWritten(account.get('replpropertymetadata')?.[0], PRIMARY_GROUP_ID);
    if (sid === null || (written !== null && written < range.first)) continue;
    groups.add(sid);
    const created = Number(account.get('usncreated')?.[0]?.toString() ?? 0);
    if (created >= range.first) continue;
    for (const rid of DEFAULT_GROUPS) groups.add(`${splitSid(sid).domain}-${rid}`);
  }
  return [...groups];
}
