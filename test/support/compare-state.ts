// Expects what is stored of a connection to be what its directory holds.
import { expect } from '@jest/globals';
import type { Queryable } from '../../database/sql.ts';
import type { Slapd } from './slapd.ts';
import { differencesFromDirectory } from './state-differences.ts';

/** Fails with the first few objects that differ. */
export async function expectStoredEqualsDirectory(
  on: Queryable,
  connectionId: string,
  slapd: Slapd,
): Promise<void> {
  const differing = await differencesFromDirectory(on, connectionId, slapd);
  expect(differing.slice(0, 3)).toEqual([]);
}
