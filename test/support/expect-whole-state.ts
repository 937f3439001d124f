// What has to hold after every fault: stored is what the directory holds, once, and nothing is half applied.
import { expect } from '@jest/globals';
import type pg from 'pg';
import { expectStoredEqualsDirectory } from './compare-state.ts';
import type { Slapd } from './slapd.ts';
import { until } from './until.ts';
import { brokenRules } from './whole-state.ts';

/** To be asked while none of the connection's runs is going; fails with the first few things that are wrong. */
export async function expectWholeState(pool: pg.Pool, connectionId: string, slapd: Slapd): Promise<void> {
  await expectStoredEqualsDirectory(pool, connectionId, slapd);
  await expectNothingHalf(pool, connectionId);
}

/** How long after its end a run may take to drop its staging tables. */
const TIDY_MS = 15_000;

/** Counts, ranges and lists fit together, whatever the directory holds. */
export async function expectNothingHalf(pool: pg.Pool, connectionId: string): Promise<void> {
  const isWhole = async () => (await brokenRules(pool, connectionId)).length === 0;
  await until('nothing to be left of a run', isWhole, TIDY_MS).catch(() => {});
  expect(await brokenRules(pool, connectionId)).toEqual([]);
}
