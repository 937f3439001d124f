// Tells groups whose members the bind account may not read from empty ones: a domain answers for both alike.
import { pagedSearch } from '../ldap/paged-search.ts';
import { rawAttributes } from '../ldap/raw-entry.ts';
import { domainScope, isHidden } from './domain-controller.ts';
import type { ScannedGroup } from './groups.ts';
import type { DirectorySearcher } from './primary-members.ts';

const GROUPS_PER_SEARCH = 100;
/** Groups that a notice names. */
const NAMED = 5;

/**
 * A notice about groups of a page that came without members though accounts name them in `memberOf`, whose right is
 * another; null where there are none. One page of accounts is asked for in each search, so that it may not name all.
 * @throws AppError as a read does
 */
export async function hiddenMembersNotice(
  searcher: DirectorySearcher,
  groups: ScannedGroup[],
): Promise<string | null> {
  const empty = groups.flatMap(({ scanned, lacksMembers }) => {
    const decoded = lacksMembers && !('rejected' in scanned) ? scanned.decode() : null;
    const name = decoded !== null && 'entry' in decoded ? decoded.entry.distinguishedName : null;
    return name === null ? [] : [name];
  });
  const hidden: string[] = [];
  for (let at = 0; at < empty.length; at += GROUPS_PER_SEARCH)
    hidden.push(...(await namedByAccounts(searcher, empty.slice(at, at + GROUPS_PER_SEARCH))));
  if (hidden.length === 0) return null;
  const named = hidden.slice(0, NAMED).map((name) => `'${name}'`);
  const others = hidden.length > NAMED ? ` and ${hidden.length - NAMED} others` : '';
  return `The bind account may not read the members of ${named.join(', ')}${others}: accounts say that they are members there (memberOf), but the attribute 'member' came empty. Their memberships are missing here; give the account the right to read 'member'.`;
}

async function namedByAccounts(searcher: DirectorySearcher, groups: string[]): Promise<string[]> {
  const named = new Set<string>();
  const claims = `(|${groups.map((name) => `(memberOf=${escaped(name)})`).join('')})`;
  for (const baseDn of searcher.domains) {
    try {
      for (const name of await firstPage(searcher, baseDn, claims)) named.add(name);
    } catch (error) {
      if (!isHidden(error)) throw error;
    }
  }
  return groups.filter((name) => named.has(name.toLowerCase()));
}

async function firstPage(searcher: DirectorySearcher, baseDn: string, filter: string): Promise<string[]> {
  const pages = pagedSearch(searcher.session, {
    baseDn,
    filter,
    attributes: ['memberOf'],
    pageSize: searcher.pageSize,
    idleTimeoutMs: searcher.idleTimeoutMs,
    decode: (bytes, start, end) => rawAttributes(bytes, start, end).get('memberof') ?? [],
    controls: [domainScope()],
  });
  for await (const { items } of pages) return items.flat().map((value) => value.toString().toLowerCase());
  return [];
}

/** A value as a filter writes it (RFC 4515 section 3). */
function escaped(value: string): string {
  return value.replace(/[\\*()\0]/g, (special) => `\\${special.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
