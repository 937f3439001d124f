// What a project on Active Directory reads when it names no scopes or filters.
import type { ErrorDetail } from '../../domain/app-error.ts';
import type { SourceScope } from '../connector.ts';
import { checkLdapScopes, type DefaultFilters, type ScopedSearch, scopedSearches } from '../ldap/scopes.ts';

/** Accounts of computers are users by their object class, so that users are found by their category. */
const DEFAULT_FILTERS: DefaultFilters = new Map([
  ['user', '(&(objectCategory=person)(objectClass=user))'],
  ['group', '(objectClass=group)'],
  ['computer', '(objectClass=computer)'],
  ['contact', '(objectClass=contact)'],
  ['organizationalUnit', '(objectClass=organizationalUnit)'],
]);

/** The classes that scopes may name without a filter. */
export const DIRECTORY_CLASSES: ReadonlySet<string> = new Set(DEFAULT_FILTERS.keys());

/** Users, groups, computers, contacts and organizational units below every base. */
export function defaultDirectoryScopes(): SourceScope[] {
  return [...DIRECTORY_CLASSES].map((objectClass) => ({ objectClass, baseDn: null, filter: null }));
}

/** What is wrong with scopes, by path below the list; empty when they can be read. */
export function checkDirectoryScopes(scopes: SourceScope[]): ErrorDetail[] {
  return checkLdapScopes(scopes, DEFAULT_FILTERS);
}

/** @throws AppError as `scopedSearches` does */
export function directorySearches(scopes: SourceScope[], baseDns: string[]): ScopedSearch[] {
  return scopedSearches(scopes, baseDns, DEFAULT_FILTERS);
}
