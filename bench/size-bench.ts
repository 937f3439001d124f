// Compares the API's slowest answers in a large directory with those in one of 10,000 users, request by request.
import { type Load, loadServer } from './load-server.ts';
import { SIZE_SCENARIOS, type SizedApi, type SizeScenario, totalOf } from './size-scenarios.ts';
import { median } from './statistics.ts';
import { atMost, type Target } from './targets.ts';

/** Users of the smaller directory. */
export const SMALL_USERS = 10_000;
/** What the p99 of each request in the large directory may be of that in the small one. */
export const MOST_TIMES = 3;

interface SizeRow {
  name: string;
  /** Rows that the list has in all, in the small directory and in the large one. */
  found: [number, number];
  p99Ms: [number, number];
  times: number;
  rounds: [number, number][];
}

export interface SizeReport {
  users: [number, number];
  rows: SizeRow[];
}

interface Prepared {
  name: string;
  found: [number, number];
  paths: [string, string];
  rounds: [number, number][];
}

const WARM_UP_SECONDS = 2;

/** @param apis the small one first. */
export async function compareSizes(
  apis: [SizedApi, SizedApi],
  options: { runs: number; seconds: number },
  say: (message: string) => void,
): Promise<SizeReport> {
  const prepared: Prepared[] = [];
  for (const scenario of SIZE_SCENARIOS) {
    const ready = await prepare(scenario, apis, say);
    if (ready) prepared.push(ready);
  }
  for (let round = 0; round < options.runs; round += 1)
    for (const scenario of prepared) {
      const [small, large] = await bothSides(apis, scenario, options.seconds, round % 2 === 1);
      scenario.rounds.push([small.p99Ms, large.p99Ms]);
      say(`Round ${round + 1}, ${scenario.name}: p99 ${small.p99Ms} ms, ${large.p99Ms} ms`);
    }
  const rows = prepared.map(sizeRow);
  return { users: [apis[0].users, apis[1].users], rows };
}

export function sizeTargets({ rows }: SizeReport): Target[] {
  return rows.map(({ name, times }) =>
    atMost(`${name}: p99, times that of the small one`, times, MOST_TIMES),
  );
}

async function prepare(
  scenario: SizeScenario,
  apis: [SizedApi, SizedApi],
  say: (message: string) => void,
): Promise<Prepared | null> {
  const [small, large] = apis;
  const paths: [string, string] = [await scenario.path(small), await scenario.path(large)];
  const found: [number, number] = [await totalOf(small, paths[0]), await totalOf(large, paths[1])];
  const most = Math.max(...found);
  if (scenario.most !== undefined && most > scenario.most) {
    say(`${scenario.name} finds ${most}: not compared, since the demand is on at most ${scenario.most}.`);
    return null;
  }
  for (const side of [0, 1] as const) await loadServer(apis[side], paths[side], WARM_UP_SECONDS);
  return { name: scenario.name, found, paths, rounds: [] };
}

/** Who goes first alternates, as in all our pairs. */
async function bothSides(
  apis: [SizedApi, SizedApi],
  { paths }: Prepared,
  seconds: number,
  largeFirst: boolean,
): Promise<[Load, Load]> {
  const load = (side: 0 | 1) => loadServer(apis[side], paths[side], seconds);
  if (!largeFirst) return [await load(0), await load(1)];
  const large = await load(1);
  return [await load(0), large];
}

function sizeRow({ name, found, rounds }: Prepared): SizeRow {
  const p99Ms: [number, number] = [
    median(rounds.map(([small]) => small)),
    median(rounds.map(([, large]) => large)),
  ];
  // The median of the pairs' ratios: both of a pair ran within the same seconds.
  const times = median(rounds.map(([small, large]) => large / Math.max(1, small)));
  return { name, found, p99Ms, times, rounds };
}
