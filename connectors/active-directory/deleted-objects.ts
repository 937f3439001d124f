// Lists what was deleted, by the tombstones that a domain controller keeps for months.
import { allOf } from '../ldap/filter.ts';
import { pagedSearch } from '../ldap/paged-search.ts';
import { rawAttributes } from '../ldap/raw-entry.ts';
import { type ChangeRange, changedWithin } from './changes.ts';
import { ID_ATTRIBUTE } from './directory.ts';
import { domainScope, isHidden, showDeleted } from './domain-controller.ts';
import { guidText } from './identifiers.ts';
import type { DirectorySearcher } from './primary-members.ts';

/**
 * The ids of objects that were deleted in a range of changes, as far as the bind account may see them: ordinary accounts
 * see none. Deleted objects lie in their domain's own container, wherever they were.
 */
export async function* deletedIds(searcher: DirectorySearcher, range: ChangeRange): AsyncGenerator<string[]> {
  for (const baseDn of searcher.domains) {
    try {
      yield* deletedBelow(searcher, baseDn, range);
    } catch (error) {
      // Such an account reads a part of the domain only: of its tombstones it knows nothing, as ordinary ones do.
      if (!isHidden(error)) throw error;
    }
  }
}

async function* deletedBelow(
  searcher: DirectorySearcher,
  baseDn: string,
  range: ChangeRange,
): AsyncGenerator<string[]> {
  const batches = pagedSearch(searcher.session, {
    baseDn,
    filter: allOf('(isDeleted=TRUE)', changedWithin(range)),
    attributes: [ID_ATTRIBUTE],
    pageSize: searcher.pageSize,
    idleTimeoutMs: searcher.idleTimeoutMs,
    decode: (bytes, start, end) =>
      guidText(rawAttributes(bytes, start, end).get(ID_ATTRIBUTE.toLowerCase())?.[0] ?? Buffer.alloc(0)),
    controls: [domainScope(), showDeleted()],
  });
  for await (const { items } of batches) yield items.filter((id) => id !== null);
}
