// Lists what was deleted, by the tombstones that a domain controller keeps for months.
import { allOf } from '../ldap/filter.ts';
import { pagedSearch } from '../ldap/paged-search.ts';
import { rawAttributes } from '../ldap/raw-entry.ts';
import { ID_ATTRIBUTE } from './directory.ts';
import { domainScope, showDeleted } from './domain-controller.ts';
import { guidText } from './identifiers.ts';
import type { DirectorySearcher } from './primary-members.ts';

/**
 * The ids of objects that were deleted since a change number, as far as the bind account may see them: ordinary accounts
 * see none. Deleted objects lie in their domain's own container, wherever they were.
 */
export async function* deletedIds(searcher: DirectorySearcher, firstUsn: number): AsyncGenerator<string[]> {
  for (const baseDn of searcher.domains) {
    const batches = pagedSearch(searcher.session, {
      baseDn,
      filter: allOf('(isDeleted=TRUE)', `(uSNChanged>=${firstUsn})`),
      attributes: [ID_ATTRIBUTE],
      pageSize: searcher.pageSize,
      idleTimeoutMs: searcher.idleTimeoutMs,
      decode: (bytes, start, end) =>
        guidText(rawAttributes(bytes, start, end).get(ID_ATTRIBUTE.toLowerCase())?.[0] ?? Buffer.alloc(0)),
      controls: [domainScope(), showDeleted()],
    });
    for await (const { items } of batches) yield items.filter((id) => id !== null);
  }
}
