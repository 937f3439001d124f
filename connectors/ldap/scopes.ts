// Turns a project's scopes into searches: which base, which filter, which class.
import { AppError, type ErrorDetail } from '../../domain/app-error.ts';
import { dnKey, isUnder } from '../../domain/distinguished-name.ts';
import type { SourceScope } from '../connector.ts';
import { parseFilter } from './filter.ts';

/** One search below one base. */
export interface ScopedSearch {
  objectClass: string;
  baseDn: string;
  filter: string;
}

/** Class → the filter for scopes that name none. */
export type DefaultFilters = ReadonlyMap<string, string>;

/** The filter of a class for which a scope names none. */
const DEFAULT_FILTERS: DefaultFilters = new Map([
  [
    'user',
    '(&(|(objectClass=person)(objectClass=inetOrgPerson)(objectClass=posixAccount))(!(objectClass=device)))',
  ],
  [
    'group',
    '(|(objectClass=groupOfNames)(objectClass=groupOfUniqueNames)(objectClass=posixGroup)(objectClass=groupOfMembers)(objectClass=groupOfEntries))',
  ],
  ['computer', '(|(objectClass=device)(objectClass=computer)(objectClass=ipHost))'],
  ['organizationalUnit', '(objectClass=organizationalUnit)'],
]);

/** Users and groups below every base. */
export function defaultLdapScopes(): SourceScope[] {
  return ['user', 'group'].map((objectClass) => ({ objectClass, baseDn: null, filter: null }));
}

function messageOf(check: () => unknown): string | null {
  try {
    check();
    return null;
  } catch (error) {
    if (error instanceof AppError) return error.message;
    throw error;
  }
}

/** What is wrong with scopes, by path below the list (`0.filter`); empty when they can be read. */
export function checkLdapScopes(scopes: SourceScope[], defaultFilters = DEFAULT_FILTERS): ErrorDetail[] {
  return scopes.flatMap(({ objectClass, baseDn, filter }, index) => {
    const wrong: ErrorDetail[] = [];
    const base = baseDn === null ? null : messageOf(() => dnKey(baseDn));
    if (base !== null) wrong.push({ path: `${index}.baseDn`, message: base });
    if (filter === null && !defaultFilters.has(objectClass)) {
      wrong.push({
        path: `${index}.filter`,
        message: `The class '${objectClass}' has no default filter: say by which filter its entries are found.`,
      });
    }
    const bad = filter === null ? null : messageOf(() => parseFilter(filter));
    if (bad !== null) wrong.push({ path: `${index}.filter`, message: bad });
    return wrong;
  });
}

function isCovered(search: ScopedSearch, index: number, all: ScopedSearch[]): boolean {
  return all.some((other, position) => {
    if (position === index || other.filter !== search.filter || other.objectClass !== search.objectClass)
      return false;
    if (!isUnder(search.baseDn, other.baseDn)) return false;
    // Of two that are the same, the first stays.
    return dnKey(search.baseDn) !== dnKey(other.baseDn) || position < index;
  });
}

/**
 * The searches that scopes mean, in their order. A search whose base lies below another's of the same class and
 * filter is left out, since that one brings its entries already.
 * @throws AppError `invalid_filter` or `invalid_configuration` when a scope cannot be read.
 */
export function scopedSearches(
  scopes: SourceScope[],
  baseDns: string[],
  defaultFilters = DEFAULT_FILTERS,
): ScopedSearch[] {
  const wrong = checkLdapScopes(scopes, defaultFilters)[0];
  if (wrong !== undefined) {
    throw new AppError(
      wrong.path.endsWith('filter') ? 'invalid_filter' : 'invalid_configuration',
      wrong.message,
    );
  }
  const searches = scopes.flatMap(({ objectClass, baseDn, filter }) =>
    (baseDn === null ? baseDns : [baseDn]).map((base) => ({
      objectClass,
      baseDn: base,
      filter: filter ?? (defaultFilters.get(objectClass) as string),
    })),
  );
  return searches.filter((search, index) => !isCovered(search, index, searches));
}
