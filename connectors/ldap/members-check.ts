// Whether a bind account sees members in groups at all: to a server, one that it may not read is one that is not there.
import { AppError } from '../../domain/app-error.ts';
import { allOf } from './filter.ts';
import { pagedSearch } from './paged-search.ts';
import type { ScopedSearch } from './scopes.ts';
import type { LdapSession } from './session.ts';

const ANY_MEMBER = '(|(member=*)(uniqueMember=*)(memberUid=*))';

/** True when there are groups, and none of them shows a member; false too when the server does not say in time. */
export async function hidesMembers(
  session: LdapSession,
  groups: ScopedSearch[],
  leftMs: () => number,
): Promise<boolean> {
  const finds = async (more: string | null): Promise<boolean> => {
    for (const { baseDn, filter } of groups) {
      const pages = pagedSearch(session, {
        baseDn,
        filter: more === null ? filter : allOf(filter, more),
        attributes: ['1.1'],
        pageSize: 1,
        idleTimeoutMs: leftMs(),
        decode: () => true,
      });
      for await (const { items } of pages) if (items.length > 0) return true;
    }
    return false;
  };
  try {
    return !(await finds(ANY_MEMBER)) && (await finds(null));
  } catch (error) {
    if (error instanceof AppError) return false;
    throw error;
  }
}
