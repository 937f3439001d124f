// The benchmark of identities: GET /beta/identities, each way of asking beside its plain first page and a bare server.
import { join } from 'node:path';
import { type IdentityScenario, identityScenarios } from './identity-scenarios.ts';
import { loadIdentities } from './load-identities.ts';
import { CONNECTIONS, type Load, type LoadedServer, loadServer } from './load-server.ts';
import { migrate } from './migrate.ts';
import type { IdentitiesBenchOptions } from './options.ts';
import { startProduct } from './product.ts';
import { startRuntime } from './runtime.ts';
import { startBareServer } from './start-bare-server.ts';
import { median } from './statistics.ts';

/** What the p99 of each request may be of that of the plain first page. */
export const MOST_OF_FIRST_PAGE = 2;

interface Round {
  ours: Load;
  bare: Load;
}

export interface IdentityScenarioReport {
  name: string;
  path: string;
  /** Identities in an answer. */
  found: number;
  ours: Load;
  bare: Load;
  /** Our requests/s of the bare server's. */
  ratio: number;
  /** Our p99 of that of our first page. */
  ofFirstPage: number;
  rounds: Round[];
}

export interface IdentitiesReport {
  users: number;
  runs: number;
  seconds: number;
  connections: number;
  scenarios: IdentityScenarioReport[];
  holds: boolean;
}

interface Prepared extends IdentityScenario {
  found: number;
  rounds: Round[];
}

const WARM_UP_SECONDS = 2;

/** @throws Error when the two servers answer differently, or a request is refused. */
export async function benchIdentities(
  options: IdentitiesBenchOptions,
  stack: AsyncDisposableStack,
  say: (message: string) => void,
): Promise<IdentitiesReport> {
  const { users, runs, seconds } = options;
  const { folder, createDatabase } = await startRuntime(stack, say);
  const databaseUrl = await createDatabase('identities');
  await migrate(databaseUrl);
  say(`Loading ${users} identities …`);
  await loadIdentities(databaseUrl, users);
  const place = { databaseUrl, temporalAddress: null, folder, name: 'identities' };
  const { client } = await startProduct(place, stack);
  const ours = { baseUrl: client.baseUrl, headers: { authorization: `Bearer ${client.token}` } };
  const environment = { IDENTITIES: String(users) };
  const script = { script: 'bench/bare-identities.ts', environment, log: join(folder, 'bare.log') };
  const bare = await startBareServer(script, databaseUrl, stack);
  const prepared: Prepared[] = [];
  for (const scenario of identityScenarios(users)) {
    prepared.push({ ...scenario, found: await compareAnswers(scenario, ours, bare), rounds: [] });
    for (const target of [ours, bare]) await loadServer(target, scenario.path, WARM_UP_SECONDS);
  }
  for (let round = 0; round < runs; round += 1) await runRound(round, prepared, [ours, bare], seconds, say);
  const scenarios = reportsOf(prepared);
  const holds = scenarios.every(({ ofFirstPage }) => ofFirstPage <= MOST_OF_FIRST_PAGE);
  return { users, runs, seconds, connections: CONNECTIONS, scenarios, holds };
}

/** Who goes first alternates, so that a machine that warms up or slows down favours nobody. */
async function runRound(
  round: number,
  prepared: Prepared[],
  [ours, bare]: [LoadedServer, LoadedServer],
  seconds: number,
  say: (message: string) => void,
): Promise<void> {
  for (const scenario of prepared) {
    const figures = new Map<LoadedServer, Load>();
    for (const target of round % 2 === 0 ? [ours, bare] : [bare, ours])
      figures.set(target, await loadServer(target, scenario.path, seconds));
    const pair = { ours: figures.get(ours) as Load, bare: figures.get(bare) as Load };
    scenario.rounds.push(pair);
    say(`Round ${round + 1}, ${scenario.name}: p99 ${pair.ours.p99Ms} ms, bare ${pair.bare.p99Ms} ms`);
  }
}

/** @returns how many identities both found. @throws Error when they are not the same, in the same order. */
async function compareAnswers(
  scenario: IdentityScenario,
  ours: LoadedServer,
  bare: LoadedServer,
): Promise<number> {
  const [own, other] = await Promise.all([ours, bare].map((target) => answer(target, scenario)));
  if (JSON.stringify(own) !== JSON.stringify(other))
    throw new Error(`${scenario.path}: the servers answer differently`);
  if (own === undefined || own.ids.length === 0) throw new Error(`${scenario.path} found nobody`);
  return own.ids.length;
}

async function answer(target: LoadedServer, { path }: IdentityScenario) {
  const response = await fetch(`${target.baseUrl}${path}`, { headers: target.headers });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${path} answered ${response.status}: ${text}`);
  const ids = (JSON.parse(text) as { id: string }[]).map(({ id }) => id.replaceAll('-', ''));
  return { ids, total: response.headers.get('x-total-count') };
}

function reportsOf(prepared: Prepared[]): IdentityScenarioReport[] {
  const first = prepared[0]?.rounds ?? [];
  return prepared.map(({ name, path, found, rounds }) => {
    const figure = (side: keyof Round): Load => ({
      requestsPerSecond: median(rounds.map((round) => round[side].requestsPerSecond)),
      p99Ms: median(rounds.map((round) => round[side].p99Ms)),
    });
    // Medians of the rounds' ratios: what is compared ran close together.
    const ratio = median(rounds.map(({ ours, bare }) => ours.requestsPerSecond / bare.requestsPerSecond));
    const ofFirstPage = median(
      rounds.map(({ ours }, round) => ours.p99Ms / Math.max(1, first[round]?.ours.p99Ms ?? 0)),
    );
    return { name, path, found, ours: figure('ours'), bare: figure('bare'), ratio, ofFirstPage, rounds };
  });
}
