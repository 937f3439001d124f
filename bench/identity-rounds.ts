// Rounds of the benchmark of identities: each way of asking next to the plain first page and the bare server.
import { cpuSeconds } from './cpu-time.ts';
import type { IdentityScenario } from './identity-scenarios.ts';
import { type Load, type LoadedServer, loadServer } from './load-server.ts';
import { median } from './statistics.ts';

/** A load, and the processor time that a request of it took, of API or bare server and PostgreSQL; null without /proc. */
export interface Measured extends Load {
  cpuMs: number | null;
}

export interface MeasuredServer extends LoadedServer {
  /** Of the server's process and of PostgreSQL. */
  pids: number[];
}

export interface Round {
  ours: Measured;
  bare: Measured;
  /** Our plain first page, within the same seconds. */
  first: Measured;
}

export interface Servers {
  ours: MeasuredServer;
  bare: MeasuredServer;
}

/** Who goes first alternates by round, so that a machine that warms up or slows down favours nobody. */
export async function runRound(
  round: number,
  scenario: IdentityScenario,
  firstPage: string,
  { ours, bare }: Servers,
  seconds: number,
): Promise<Round> {
  const isFirst = scenario.path === firstPage;
  const work: (() => Promise<Partial<Round>>)[] = [
    ...(isFirst ? [] : [async () => ({ first: await measure(ours, firstPage, seconds) })]),
    async () => ({ ours: await measure(ours, scenario.path, seconds) }),
    async () => ({ bare: await measure(bare, scenario.path, seconds) }),
  ];
  let measured: Partial<Round> = {};
  for (const step of round % 2 === 0 ? work : work.reverse()) measured = { ...measured, ...(await step()) };
  return { ...(isFirst && { first: measured.ours as Measured }), ...measured } as Round;
}

async function measure(server: MeasuredServer, path: string, seconds: number): Promise<Measured> {
  const before = await cpuOf(server);
  const load = await loadServer(server, path, seconds);
  const after = await cpuOf(server);
  const requests = load.requestsPerSecond * seconds;
  return { ...load, cpuMs: before === null || after === null ? null : ((after - before) * 1_000) / requests };
}

async function cpuOf({ pids }: MeasuredServer): Promise<number | null> {
  const times = await Promise.all(pids.map(cpuSeconds));
  return times.includes(null) ? null : times.reduce<number>((sum, time) => sum + (time ?? 0), 0);
}

/** Medians of the rounds. */
export function medianOf(rounds: Round[], side: keyof Round): Measured {
  const of = (pick: (measured: Measured) => number) => median(rounds.map((round) => pick(round[side])));
  return {
    requestsPerSecond: of((measured) => measured.requestsPerSecond),
    p99Ms: of((measured) => measured.p99Ms),
    cpuMs: rounds.some((round) => round[side].cpuMs === null) ? null : of(({ cpuMs }) => cpuMs ?? 0),
  };
}
