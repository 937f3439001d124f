// The figures of the benchmark of identities beside what they have to be.
import type { IdentitiesReport } from './identities-bench.ts';
import { LEAST_PACE, LEAST_RATIO } from './refresh-bench.ts';
import { atLeast, atMost, type Target, verdict } from './targets.ts';

/** What the p99 of each request may be of that of the plain first page. */
export const MOST_OF_FIRST_PAGE = 2;

/** @returns one line for each thing that the product promises; the first scenario is the plain first page itself. */
export function identityTargets({
  scenarios,
  refresh,
}: Pick<IdentitiesReport, 'scenarios' | 'refresh'>): Target[] {
  const { pace, ratio } = { pace: refresh.full.pace, ratio: refresh.ratio };
  return [
    {
      name: 'full refresh',
      measured: `${Math.round(pace)} persons/s`,
      target: `≥ ${LEAST_PACE}`,
      verdict: verdict(pace >= LEAST_PACE),
    },
    atLeast('full refresh, of the pace of the UPDATE', ratio, LEAST_RATIO),
    ...scenarios
      .slice(1)
      .map(({ name, ofFirstPage }) =>
        atMost(`${name}: p99, of that of the first page`, ofFirstPage, MOST_OF_FIRST_PAGE),
      ),
  ];
}
