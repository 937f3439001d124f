// The benchmark of identities: their refresh beside a plain UPDATE; GET /beta/identities, each way of asking beside its plain first page and a bare server.
import { join } from 'node:path';
import { type Measured, medianOf, type Round, runRound, type Servers } from './identity-rounds.ts';
import { type IdentityScenario, identityScenarios } from './identity-scenarios.ts';
import { identityTargets } from './identity-targets.ts';
import { loadIdentities } from './load-identities.ts';
import { CONNECTIONS, type LoadedServer, loadServer } from './load-server.ts';
import { migrate } from './migrate.ts';
import type { IdentitiesBenchOptions } from './options.ts';
import { startProduct } from './product.ts';
import { benchRefresh, type RefreshReport } from './refresh-bench.ts';
import { type BenchRuntime, startRuntime } from './runtime.ts';
import { startBareServer } from './start-bare-server.ts';
import { median } from './statistics.ts';

export interface IdentityScenarioReport {
  name: string;
  path: string;
  /** Identities in an answer. */
  found: number;
  ours: Measured;
  bare: Measured;
  /** Our requests/s of the bare server's. */
  ratio: number;
  /** Our p99 of that of our first page. */
  ofFirstPage: number;
  /** The same of processor time; null where it cannot be read. */
  cpuOfFirstPage: number | null;
  rounds: Round[];
}

export interface IdentitiesReport {
  users: number;
  runs: number;
  seconds: number;
  connections: number;
  scenarios: IdentityScenarioReport[];
  refresh: RefreshReport;
  /** No target was missed, by the refresh either. */
  holds: boolean;
}

interface Prepared extends IdentityScenario {
  found: number;
  rounds: Round[];
}

type Say = (message: string) => void;

const WARM_UP_SECONDS = 2;

/** @throws Error when the two servers answer differently, or a request is refused. */
export async function benchIdentities(
  options: IdentitiesBenchOptions,
  stack: AsyncDisposableStack,
  say: Say,
): Promise<IdentitiesReport> {
  const { users, runs, seconds } = options;
  const runtime = await startRuntime(stack, say);
  const { postgresPid } = runtime;
  // First, and alone: the servers below keep connections and caches of their own.
  const databaseUrl = await runtime.createDatabase('persons');
  const refresh = await benchRefresh({ databaseUrl, postgresPid, persons: users, runs, say });
  await runtime.dropDatabase('persons');
  const servers = await startServers(users, runtime, stack, say);
  const prepared: Prepared[] = [];
  for (const scenario of identityScenarios(users)) {
    const { ours, bare } = servers;
    prepared.push({ ...scenario, found: await compareAnswers(scenario, ours, bare), rounds: [] });
    for (const target of [ours, bare]) await loadServer(target, scenario.path, WARM_UP_SECONDS);
  }
  const firstPage = prepared[0]?.path ?? '';
  for (let round = 0; round < runs; round += 1)
    for (const scenario of prepared) {
      const result = await runRound(round, scenario, firstPage, servers, seconds);
      scenario.rounds.push(result);
      const p99 = [result.ours, result.first, result.bare].map(({ p99Ms }) => p99Ms);
      say(
        `Round ${round + 1}, ${scenario.name}: p99 ${p99[0]} ms, first page ${p99[1]} ms, bare ${p99[2]} ms`,
      );
    }
  const scenarios = prepared.map(reportOf);
  const holds = identityTargets({ scenarios, refresh }).every((target) => target.verdict === 'met');
  return { users, runs, seconds, connections: CONNECTIONS, scenarios, refresh, holds };
}

/** The API and the bare server on one database with that many identities. */
async function startServers(
  users: number,
  { folder, createDatabase, postgresPid }: BenchRuntime,
  stack: AsyncDisposableStack,
  say: Say,
): Promise<Servers> {
  const databaseUrl = await createDatabase('identities');
  await migrate(databaseUrl);
  say(`Loading ${users} identities …`);
  await loadIdentities(databaseUrl, users);
  const place = { databaseUrl, temporalAddress: null, folder, name: 'identities' };
  const { client, api } = await startProduct(place, stack);
  const headers = { authorization: `Bearer ${client.token}` };
  const environment = { IDENTITIES: String(users) };
  const script = { script: 'bench/bare-identities.ts', environment, log: join(folder, 'bare.log') };
  const bare = await startBareServer(script, databaseUrl, stack);
  return {
    ours: { baseUrl: client.baseUrl, headers, pids: [api.pid, postgresPid] },
    bare: { ...bare, pids: [bare.pid, postgresPid] },
  };
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

/** Ratios are medians of the rounds' ratios: what is compared ran one after the other. */
function reportOf({ name, path, found, rounds }: Prepared): IdentityScenarioReport {
  const [ours, bare] = [medianOf(rounds, 'ours'), medianOf(rounds, 'bare')];
  const ratioOf = (pick: (round: Round) => number) => median(rounds.map(pick));
  return {
    name,
    path,
    found,
    ours,
    bare,
    ratio: ratioOf((round) => round.ours.requestsPerSecond / round.bare.requestsPerSecond),
    ofFirstPage: ratioOf((round) => round.ours.p99Ms / Math.max(1, round.first.p99Ms)),
    cpuOfFirstPage:
      ours.cpuMs === null ? null : ratioOf(({ ours: own, first }) => (own.cpuMs ?? 0) / (first.cpuMs ?? 1)),
    rounds,
  };
}
