// The API benchmark: GET /users under load, pair by pair with the bare server, and a large directory beside a small one.
import { join } from 'node:path';
import { apiScenarios, type Scenario } from './api-scenarios.ts';
import { CONNECTIONS, type Load, type LoadedServer, loadServer } from './load-server.ts';
import { loadUsers } from './load-users.ts';
import { migrate } from './migrate.ts';
import type { ApiBenchOptions } from './options.ts';
import { type Product, startProduct } from './product.ts';
import { type SelfTime, topSelfTimes } from './profile.ts';
import { type BenchRuntime, startRuntime } from './runtime.ts';
import { compareSizes, type SizeReport, SMALL_USERS } from './size-bench.ts';
import { startBareServer } from './start-bare-server.ts';
import { median } from './statistics.ts';

export interface ScenarioReport {
  name: string;
  path: string;
  ours: Load;
  bare: Load;
  /** Our requests/s of the bare server's. */
  ratio: number;
  rounds: { ours: Load; bare: Load }[];
}

export interface ApiReport {
  users: number;
  runs: number;
  seconds: number;
  connections: number;
  scenarios: ScenarioReport[];
  /** Null where the directory is no larger than the small one. */
  sizes: SizeReport | null;
  profile: SelfTime[] | null;
}

const WARM_UP_SECONDS = 2;
const PROFILED_PLACES = 25;

/** @throws Error when the two servers answer differently, or a request is refused. */
export async function benchApi(
  options: ApiBenchOptions,
  stack: AsyncDisposableStack,
  say: (message: string) => void,
): Promise<ApiReport> {
  const runtime = await startRuntime(stack, say);
  const { databaseUrl, product } = await startLoaded(
    runtime,
    'api',
    options.users,
    stack,
    say,
    options.profile,
  );
  const ours = serverOf(product);
  const scenarios = await compareWithBare(options, databaseUrl, ours, runtime.folder, stack, say);
  if (options.profile) await product.api.stop();
  const profile = options.profile ? await topSelfTimes(options.profile, PROFILED_PLACES) : null;
  let sizes: SizeReport | null = null;
  if (options.users > SMALL_USERS && !options.profile) {
    const small = await startLoaded(runtime, 'small', SMALL_USERS, stack, say);
    const apis = [
      { users: SMALL_USERS, ...serverOf(small.product) },
      { users: options.users, ...ours },
    ] as const;
    sizes = await compareSizes([...apis], options, say);
  }
  const { users, runs, seconds } = options;
  return { users, runs, seconds, connections: CONNECTIONS, scenarios, sizes, profile };
}

/** An API on a database of its own with that many users. */
async function startLoaded(
  runtime: BenchRuntime,
  name: string,
  users: number,
  stack: AsyncDisposableStack,
  say: (message: string) => void,
  apiProfile: string | null = null,
): Promise<{ databaseUrl: string; product: Product }> {
  const databaseUrl = await runtime.createDatabase(name);
  await migrate(databaseUrl);
  say(`Loading ${users} users …`);
  await loadUsers(databaseUrl, users);
  const place = { databaseUrl, temporalAddress: null, folder: runtime.folder, name, apiProfile };
  return { databaseUrl, product: await startProduct(place, stack) };
}

function serverOf({ client }: Product): LoadedServer {
  return { baseUrl: client.baseUrl, headers: { authorization: `Bearer ${client.token}` } };
}

async function compareWithBare(
  options: ApiBenchOptions,
  databaseUrl: string,
  ours: LoadedServer,
  folder: string,
  stack: AsyncDisposableStack,
  say: (message: string) => void,
): Promise<ScenarioReport[]> {
  const environment = { USERS: String(options.users) };
  const script = { script: 'bench/bare-server.ts', environment, log: join(folder, 'bare.log') };
  const bare = await startBareServer(script, databaseUrl, stack);
  const scenarios = apiScenarios(options.users);
  for (const scenario of scenarios) {
    await compareAnswers(scenario, ours, bare);
    for (const target of [ours, bare]) await loadServer(target, scenario.path, WARM_UP_SECONDS);
  }
  const rounds = new Map<Scenario, ScenarioReport['rounds']>(scenarios.map((scenario) => [scenario, []]));
  for (let round = 0; round < options.runs; round += 1)
    for (const scenario of scenarios) {
      // Who goes first alternates, so that a machine that warms up or slows down favours nobody.
      const order = round % 2 === 0 ? [ours, bare] : [bare, ours];
      const figures = new Map<LoadedServer, Load>();
      for (const target of order)
        figures.set(target, await loadServer(target, scenario.path, options.seconds));
      const pair = { ours: figures.get(ours) as Load, bare: figures.get(bare) as Load };
      rounds.get(scenario)?.push(pair);
      const [a, b] = [pair.ours.requestsPerSecond, pair.bare.requestsPerSecond];
      say(`Round ${round + 1}, ${scenario.name}: ${a.toFixed(0)} requests/s, bare ${b.toFixed(0)}`);
    }
  return scenarios.map((scenario) => scenarioReport(scenario, rounds.get(scenario) ?? []));
}

/** @throws Error when the same question does not bring the same users and total from both. */
async function compareAnswers(scenario: Scenario, ours: LoadedServer, bare: LoadedServer): Promise<void> {
  const [own, other] = await Promise.all([ours, bare].map((target) => answer(target, scenario)));
  if (own !== other)
    throw new Error(
      `${scenario.path}: the servers answer differently:\n${own?.slice(0, 500)}\n${other?.slice(0, 500)}`,
    );
}

async function answer(target: LoadedServer, scenario: Scenario): Promise<string> {
  const response = await fetch(`${target.baseUrl}${scenario.path}`, { headers: target.headers });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${scenario.path} answered ${response.status}: ${text}`);
  const { data, totalCount, page, pageSize } = JSON.parse(text) as {
    data: { id: string; managerId: string }[];
    totalCount: number;
    page: number;
    pageSize: number;
  };
  if (data.length === 0) throw new Error(`${scenario.path} found nobody`);
  const shown = data.map(({ id, managerId }) => ({ id, managerId }));
  return JSON.stringify({ totalCount, page, pageSize, shown });
}

function scenarioReport(scenario: Scenario, rounds: ScenarioReport['rounds']): ScenarioReport {
  const figure = (side: 'ours' | 'bare'): Load => ({
    requestsPerSecond: median(rounds.map((round) => round[side].requestsPerSecond)),
    p99Ms: median(rounds.map((round) => round[side].p99Ms)),
  });
  const [ours, bare] = [figure('ours'), figure('bare')];
  // The median of the pairs' ratios: both of a pair ran within the same seconds.
  const ratio = median(rounds.map((round) => round.ours.requestsPerSecond / round.bare.requestsPerSecond));
  return { name: scenario.name, path: scenario.path, ours, bare, ratio, rounds };
}
