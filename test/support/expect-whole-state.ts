// What has to hold after every fault: stored is what the directory holds, once, and nothing is half applied.
import { expect } from '@jest/globals';
import type { Queryable } from '../../database/sql.ts';
import { expectStoredEqualsDirectory } from './compare-state.ts';
import type { Slapd } from './slapd.ts';
import { until } from './until.ts';
import { brokenRules } from './whole-state.ts';

/** To be asked while none of the connection's runs is going; fails with the first few things that are wrong. */
export async function expectWholeState(on: Queryable, connectionId: string, slapd: Slapd): Promise<void> {
  await expectStoredEqualsDirectory(on, connectionId, slapd);
  await expectNothingHalf(on, connectionId);
}

/** How long after its end a run may take to drop its staging tables. */
const TIDY_MS = 15_000;

/** Counts, ranges and lists fit together, whatever the directory holds. */
export async function expectNothingHalf(on: Queryable, connectionId: string): Promise<void> {
  const isWhole = async () => (await brokenRules(on, connectionId)).length === 0;
  await until('nothing to be left of a run', isWhole, TIDY_MS).catch(() => {});
  expect(await brokenRules(on, connectionId)).toEqual([]);
}
