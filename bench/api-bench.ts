// The API benchmark: GET /users under load, pair by pair with the bare server.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import autocannon from 'autocannon';
import { openDatabase } from '../database/database.ts';
import { freePort } from '../tools/free-port.ts';
import { apiScenarios, type Scenario } from './api-scenarios.ts';
import { startProcess } from './child-process.ts';
import { endWith } from './clean-up.ts';
import { loadUsers } from './load-users.ts';
import type { ApiBenchOptions } from './options.ts';
import { startProduct } from './product.ts';
import { type SelfTime, topSelfTimes } from './profile.ts';
import { startRuntime } from './runtime.ts';
import { median } from './statistics.ts';

export interface LoadFigure {
  requestsPerSecond: number;
  p99Ms: number;
}

export interface ScenarioReport {
  name: string;
  path: string;
  ours: LoadFigure;
  bare: LoadFigure;
  /** Our requests/s of the bare server's. */
  ratio: number;
  rounds: { ours: LoadFigure; bare: LoadFigure }[];
}

export interface ApiReport {
  users: number;
  runs: number;
  seconds: number;
  connections: number;
  scenarios: ScenarioReport[];
  profile: SelfTime[] | null;
}

interface Target {
  baseUrl: string;
  headers: Record<string, string>;
}

const CONNECTIONS = 10;
const WARM_UP_SECONDS = 2;
const PROFILED_PLACES = 25;

/** @throws Error when the two servers answer differently, or a request is refused. */
export async function benchApi(
  options: ApiBenchOptions,
  stack: AsyncDisposableStack,
  say: (message: string) => void,
): Promise<ApiReport> {
  const runtime = await startRuntime(stack, say);
  const databaseUrl = await runtime.createDatabase('api');
  await migrate(databaseUrl);
  say(`Loading ${options.users} users …`);
  await loadUsers(databaseUrl, options.users);
  const place = {
    databaseUrl,
    temporalAddress: null,
    folder: runtime.folder,
    name: 'api',
    apiProfile: options.profile,
  };
  const { client, api } = await startProduct(place, stack);
  const ours: Target = { baseUrl: client.baseUrl, headers: { authorization: `Bearer ${client.token}` } };
  const bare = await startBareServer(databaseUrl, options.users, join(runtime.folder, 'bare.log'), stack);
  const scenarios = apiScenarios(options.users);
  for (const scenario of scenarios) {
    await compareAnswers(scenario, ours, bare);
    for (const target of [ours, bare]) await load(target, scenario, WARM_UP_SECONDS);
  }
  const rounds = new Map<Scenario, ScenarioReport['rounds']>(scenarios.map((scenario) => [scenario, []]));
  for (let round = 0; round < options.runs; round += 1)
    for (const scenario of scenarios) {
      // Who goes first alternates, so that a machine that warms up or slows down favours nobody.
      const order = round % 2 === 0 ? [ours, bare] : [bare, ours];
      const figures = new Map<Target, LoadFigure>();
      for (const target of order) figures.set(target, await load(target, scenario, options.seconds));
      const pair = { ours: figures.get(ours) as LoadFigure, bare: figures.get(bare) as LoadFigure };
      rounds.get(scenario)?.push(pair);
      const [a, b] = [pair.ours.requestsPerSecond, pair.bare.requestsPerSecond];
      say(`Round ${round + 1}, ${scenario.name}: ${a.toFixed(0)} requests/s, bare ${b.toFixed(0)}`);
    }
  const { users, runs, seconds } = options;
  const reports = scenarios.map((scenario) => scenarioReport(scenario, rounds.get(scenario) ?? []));
  if (options.profile) await api.stop();
  const profile = options.profile ? await topSelfTimes(options.profile, PROFILED_PLACES) : null;
  return { users, runs, seconds, connections: CONNECTIONS, scenarios: reports, profile };
}

async function migrate(databaseUrl: string): Promise<void> {
  const database = await openDatabase({ url: databaseUrl });
  try {
    await database.migrate();
  } finally {
    await database.close();
  }
}

async function startBareServer(
  databaseUrl: string,
  users: number,
  log: string,
  stack: AsyncDisposableStack,
): Promise<Target> {
  const port = await freePort();
  const environment = { DATABASE_URL: databaseUrl, PORT: String(port), USERS: String(users) };
  const server = startProcess('bench/bare-server.ts', { environment, log });
  await endWith(stack, () => server.stop());
  const baseUrl = `http://127.0.0.1:${port}`;
  const deadline = Date.now() + 20_000;
  for (;;) {
    await server.assertRunning();
    const answered = await fetch(baseUrl).then(
      () => true,
      () => false,
    );
    if (answered) return { baseUrl, headers: {} };
    if (Date.now() > deadline) throw new Error('the bare server did not answer');
    await sleep(50);
  }
}

/** @throws Error when the same question does not bring the same users and total from both. */
async function compareAnswers(scenario: Scenario, ours: Target, bare: Target): Promise<void> {
  const [own, other] = await Promise.all([ours, bare].map((target) => answer(target, scenario)));
  if (own !== other)
    throw new Error(
      `${scenario.path}: the servers answer differently:\n${own?.slice(0, 500)}\n${other?.slice(0, 500)}`,
    );
}

async function answer(target: Target, scenario: Scenario): Promise<string> {
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

async function load(target: Target, scenario: Scenario, seconds: number): Promise<LoadFigure> {
  const result = await autocannon({
    url: `${target.baseUrl}${scenario.path}`,
    headers: target.headers,
    connections: CONNECTIONS,
    duration: seconds,
  });
  const failed = result.non2xx + result.errors + result.timeouts;
  if (failed > 0) throw new Error(`${scenario.path}: ${failed} requests failed under load`);
  return { requestsPerSecond: result.requests.total / result.duration, p99Ms: result.latency.p99 };
}

function scenarioReport(scenario: Scenario, rounds: ScenarioReport['rounds']): ScenarioReport {
  const figure = (side: 'ours' | 'bare'): LoadFigure => ({
    requestsPerSecond: median(rounds.map((round) => round[side].requestsPerSecond)),
    p99Ms: median(rounds.map((round) => round[side].p99Ms)),
  });
  const [ours, bare] = [figure('ours'), figure('bare')];
  // The median of the pairs' ratios: both of a pair ran within the same seconds.
  const ratio = median(rounds.map((round) => round.ours.requestsPerSecond / round.bare.requestsPerSecond));
  return { name: scenario.name, path: scenario.path, ours, bare, ratio, rounds };
}
