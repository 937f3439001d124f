// Kills at random instants of runs, and what came of each: the run completes, stored is what the directory holds.
import { setTimeout as pause } from 'node:timers/promises';
import { endWith } from '../../bench/clean-up.ts';
import { createRandom, type Random } from '../../bench/random.ts';
import { searchSlapd } from '../support/ldapsearch.ts';
import { differencesFromDirectory } from '../support/state-differences.ts';
import { openSyncLab, type RunRow, type SyncLab } from '../support/sync-lab.ts';
import { until } from '../support/until.ts';
import { brokenRules } from '../support/whole-state.ts';
import type { WorkerProcess } from '../support/worker.ts';
import { type Person, randomChanges } from './directory-changes.ts';
import type { FaultOptions } from './options.ts';
import { type FaultServers, startServers } from './servers.ts';

/** Every so many runs is the first one of a connection; every so many kills take PostgreSQL along. */
const FIRST_EVERY = 3;
const CRASH_EVERY = 4;
/** Runs that are over before their instant comes are repeated, within reason. */
const MOST_MISSES = 3;
const RUN_MS = 600_000;
const TIDY_MS = 30_000;
const PATIENCE_MS = 3_000;

type Kind = 'first' | 'changed';

interface Scene {
  lab: SyncLab;
  servers: FaultServers;
  random: Random;
  people: Person[];
  groups: string[];
  connectionId: string;
  projectId: string;
  worker: WorkerProcess;
  round: number;
  /** How long an undisturbed run takes, from its trigger. */
  usualMs: Record<Kind, number>;
}

/** Prints a line for each kill and a summary; answers whether everything held. */
export async function killAtRandom(
  options: FaultOptions,
  stack: AsyncDisposableStack,
  print: (line: string) => void,
): Promise<boolean> {
  print(`${options.kills} kills, ${options.users} users, --seed ${options.seed}`);
  const scene = await setScene(options, stack);
  const { first, changed } = scene.usualMs;
  print(`undisturbed: a first run ${seconds(first)}, a run with changes ${seconds(changed)}`);
  let [kills, wrong, missed] = [0, 0, 0];
  while (kills < options.kills) {
    const kind = (kills + 1) % FIRST_EVERY === 0 ? 'first' : 'changed';
    const crash = (kills + 1) % CRASH_EVERY === 0;
    const outcome = await killOnce(scene, kind, crash);
    if (!outcome.met && ++missed > MOST_MISSES * options.kills)
      throw new Error('Too many runs were over before their instant came: take more --users.');
    if (outcome.met) kills += 1;
    if (outcome.problems.length > 0) wrong += 1;
    print(`${outcome.met ? String(kills).padStart(3) : '  -'}  ${outcome.line}`);
    for (const problem of outcome.problems) print(`     ${problem}`);
  }
  print(`${kills} kills, ${missed} runs over before their instant, ${wrong} with differences`);
  return wrong === 0;
}

async function setScene(options: FaultOptions, stack: AsyncDisposableStack): Promise<Scene> {
  const servers = await startServers(options.users, stack);
  const lab = await openSyncLab(servers.databaseUrl, servers.temporalAddress);
  // It waits for its statements, which may take their time when this is interrupted.
  await endWith(stack, () => Promise.race([lab.close(), pause(PATIENCE_MS)]));
  const entries = await searchSlapd(servers.slapd, ['uid']);
  const dns = entries.map(({ dn }) => dn);
  const people = dns
    .filter((dn) => dn.startsWith('uid='))
    .map((dn) => ({ dn, uid: dn.slice(4, dn.indexOf(',')) }));
  const groups = dns.filter((dn) => dn.startsWith('cn=group-'));
  const worker = await lab.startWorker();
  const usualMs = { first: 0, changed: 0 };
  const random = createRandom(options.seed);
  const scene: Scene = {
    ...{ lab, servers, random, people, groups, worker, usualMs },
    ...{ connectionId: '', projectId: '', round: 0 },
  };
  for (const kind of ['first', 'changed'] as const) {
    const begun = await begin(scene, kind);
    const over = await lab.runOver(begun.runId, RUN_MS);
    usualMs[kind] = Date.now() - begun.at;
    const problems = await problemsAfter(scene, over);
    if (problems.length > 0) throw new Error(`Without any kill: ${problems.join('\n')}`);
  }
  return scene;
}

/** Changes the directory, or makes a new connection of it, and triggers a run. */
async function begin(scene: Scene, kind: Kind): Promise<{ runId: string; at: number }> {
  const { lab, servers, random, people, groups } = scene;
  const { slapd } = servers;
  scene.round += 1;
  if (kind === 'changed') await slapd.apply(randomChanges(random, people, groups, scene.round));
  else {
    const { url, rootDn: bindDn, rootPassword: bindPassword, baseDn } = slapd;
    scene.connectionId = await lab.addConnection('ldap', { url, bindDn, bindPassword, baseDns: [baseDn] });
    scene.projectId = await lab.addProject({ connectionId: scene.connectionId });
  }
  return { at: Date.now(), runId: await lab.trigger(scene.projectId) };
}

interface KillOutcome {
  /** Whether the run was still going. */
  met: boolean;
  line: string;
  problems: string[];
}

async function killOnce(scene: Scene, kind: Kind, crash: boolean): Promise<KillOutcome> {
  const { lab, servers, random } = scene;
  const instant = random.integer(Math.max(1, scene.usualMs[kind]));
  const begun = await begin(scene, kind);
  await pause(Math.max(0, begun.at + instant - Date.now()));
  const before = await lab.runRow(begun.runId);
  const step = before.status === 'running' ? goingStep(before) : before.status;
  const met = !isOver(before);
  // It takes less than was thought: the machine was busier when that was measured.
  if (!met) scene.usualMs[kind] = instant;
  if (met) {
    await Promise.all([scene.worker.kill('SIGKILL'), crash ? servers.crashPostgres() : undefined]);
    scene.worker = await lab.startWorker();
  }
  const over = await until(
    `run ${begun.runId} to end`,
    async () => {
      const row = await lab.runRow(begun.runId);
      return isOver(row) ? row : null;
    },
    RUN_MS,
  );
  const tookMs = Date.now() - begun.at;
  const problems = await problemsAfter(scene, over);
  const attempts = over.steps
    .filter(({ attempt }) => attempt > 1)
    .map(({ name, attempt }) => `${name} ${attempt}`);
  const words = [
    `at ${seconds(instant)} of a ${kind === 'first' ? 'first run' : 'run with changes'}, in ${step}:`,
    met ? (crash ? 'worker and PostgreSQL killed,' : 'worker killed,') : 'no kill, it was over,',
    `${over.status} after ${seconds(tookMs)}`,
    attempts.length > 0 ? `(attempts: ${attempts.join(', ')})` : '',
    `created ${over.counts.created}, updated ${over.counts.updated}, removed ${over.counts.deactivated}:`,
    problems.length === 0 ? 'equal' : 'DIFFERENT',
  ];
  return { met, problems, line: words.filter((word) => word !== '').join(' ') };
}

function isOver({ status }: RunRow): boolean {
  return ['completed', 'failed', 'cancelled'].includes(status);
}

/** The step that is worked on, or the last one that was, between two. */
function goingStep(row: RunRow): string {
  const going = row.steps.find(({ status }) => status === 'running' || status === 'retrying');
  const done = row.steps.findLast(({ status }) => status === 'completed');
  return going?.name ?? (done ? `between ${done.name} and the next step` : 'its beginning');
}

/** Everything that is not as it should be after a run. */
async function problemsAfter({ lab, connectionId, servers }: Scene, over: RunRow): Promise<string[]> {
  const { pool } = lab.database;
  const ended =
    over.status === 'completed' ? [] : [`the run ${over.status}: ${over.error_code} ${over.error_message}`];
  const isTidy = async () => (await brokenRules(pool, connectionId)).length === 0;
  await until('staging to be dropped', isTidy, TIDY_MS, 200).catch(() => {});
  const differing = await differencesFromDirectory(pool, connectionId, servers.slapd);
  return [
    ...ended,
    ...(await brokenRules(pool, connectionId)),
    ...differing.slice(0, 3).map((pair) => `stored differs: ${JSON.stringify(pair)}`),
    ...(differing.length > 3 ? [`… and ${differing.length - 3} more objects`] : []),
  ];
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1_000).toFixed(2)} s`;
}
