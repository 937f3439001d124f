// Kills at random instants of runs, and what came of each: the run completes, stored is what the directory holds.
import { setTimeout as pause } from 'node:timers/promises';
import { endWith } from '../../bench/clean-up.ts';
import { createRandom, type Random } from '../../bench/random.ts';
import { searchSlapd } from '../support/ldapsearch.ts';
import { storedState } from '../support/stored-state.ts';
import { openSyncLab, type RunRow, type SyncLab } from '../support/sync-lab.ts';
import { until } from '../support/until.ts';
import type { WorkerProcess } from '../support/worker.ts';
import { type Person, randomChanges } from './directory-changes.ts';
import type { FaultOptions } from './options.ts';
import { problemsAfter, type Stored } from './problems.ts';
import { FIRST_RUN, RUN_KINDS, type RunKind, triggerKind } from './run-kinds.ts';
import { type FaultServers, startServers } from './servers.ts';
import { VICTIMS, type Victims } from './victims.ts';

/** Runs that are over before their instant comes are repeated, within reason. */
const MOST_MISSES = 3;
const RUN_MS = 600_000;
const PATIENCE_MS = 3_000;

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
  /** How long an undisturbed run of each kind takes, from its trigger. */
  usualMs: Map<RunKind, number>;
}

/** Prints a line for each kill and a summary; answers whether everything held. */
export async function killAtRandom(
  options: FaultOptions,
  stack: AsyncDisposableStack,
  print: (line: string) => void,
): Promise<boolean> {
  print(`${options.kills} kills, ${options.users} users, --seed ${options.seed}`);
  const scene = await setScene(options, stack);
  const usual = [...scene.usualMs].map(([{ name }, ms]) => `${name} ${seconds(ms)}`);
  print(`undisturbed: ${usual.join(', ')}`);
  let [kills, wrong, missed] = [0, 0, 0];
  while (kills < options.kills) {
    const kind = RUN_KINDS[kills % RUN_KINDS.length] as RunKind;
    const victims = VICTIMS[kills % VICTIMS.length] as Victims;
    const outcome = await killOnce(scene, kind, victims);
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
  const random = createRandom(options.seed);
  const scene: Scene = {
    ...{ lab, servers, random, people, groups, worker, usualMs: new Map() },
    ...{ connectionId: '', projectId: '', round: 0 },
  };
  for (const kind of [FIRST_RUN, ...RUN_KINDS.filter(({ first }) => !first)]) {
    const begun = await begin(scene, kind);
    const over = await lab.runOver(begun.runId, RUN_MS);
    scene.usualMs.set(kind, Date.now() - begun.at);
    const problems = await problemsAfter({ ...scene, ...begun, kind, over });
    if (problems.length > 0) throw new Error(`${kind.name}, without any kill: ${problems.join('\n')}`);
  }
  return scene;
}

interface Begun {
  runId: string;
  at: number;
  /** What was stored before a dry run. */
  before: Stored | null;
}

/** Changes the directory, or makes a new connection of it, and triggers a run. */
async function begin(scene: Scene, kind: RunKind): Promise<Begun> {
  const { lab, servers, random, people, groups } = scene;
  const { slapd } = servers;
  scene.round += 1;
  if (kind.first) {
    const { url, rootDn: bindDn, rootPassword: bindPassword, baseDn } = slapd;
    scene.connectionId = await lab.addConnection('ldap', { url, bindDn, bindPassword, baseDns: [baseDn] });
    scene.projectId = await lab.addProject({ connectionId: scene.connectionId });
  } else {
    const { round } = scene;
    await slapd.apply(randomChanges(random, { people, groups, round, deletes: kind.scansIds }));
  }
  const before = kind.dryRun ? await storedState(lab.database.pool, scene.connectionId) : null;
  return { at: Date.now(), before, runId: await triggerKind(lab, scene.projectId, kind) };
}

interface KillOutcome {
  /** Whether the run was still going. */
  met: boolean;
  line: string;
  problems: string[];
}

async function killOnce(scene: Scene, kind: RunKind, victims: Victims): Promise<KillOutcome> {
  const { lab, random } = scene;
  const instant = random.integer(Math.max(1, scene.usualMs.get(kind) ?? 0));
  const begun = await begin(scene, kind);
  await pause(Math.max(0, begun.at + instant - Date.now()));
  const reached = await lab.runRow(begun.runId);
  const met = !isOver(reached);
  if (met) await kill(scene, victims);
  // It takes less than was thought: the machine was busier when that was measured.
  else scene.usualMs.set(kind, instant);
  const over = await until(
    `run ${begun.runId} to end`,
    async () => {
      const row = await lab.runRow(begun.runId);
      return isOver(row) ? row : null;
    },
    RUN_MS,
  );
  const tookMs = Date.now() - begun.at;
  const problems = await problemsAfter({ ...scene, ...begun, kind, over });
  const step = reached.status === 'running' ? goingStep(reached) : reached.status;
  const words = [
    `${kind.name}, at ${seconds(instant)}, in ${step}:`,
    met ? `${victims.name} killed,` : 'no kill, it was over,',
    `${over.status} after ${seconds(tookMs)}`,
    attemptsOf(over),
    `created ${over.counts.created}, updated ${over.counts.updated}, removed ${over.counts.deactivated}:`,
    problems.length > 0 ? 'DIFFERENT' : kind.dryRun ? 'nothing changed' : 'equal',
  ];
  return { met, problems, line: words.filter((word) => word !== '').join(' ') };
}

async function kill(scene: Scene, { postgres, temporal }: Victims): Promise<void> {
  const { lab, servers } = scene;
  await Promise.all([
    scene.worker.kill('SIGKILL'),
    postgres ? servers.crashPostgres() : undefined,
    temporal ? servers.killTemporal() : undefined,
  ]);
  scene.worker = await lab.startWorker();
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

function attemptsOf(row: RunRow): string {
  const repeated = row.steps.filter(({ attempt }) => attempt > 1);
  return repeated.length === 0
    ? ''
    : `(attempts: ${repeated.map(({ name, attempt }) => `${name} ${attempt}`).join(', ')})`;
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1_000).toFixed(2)} s`;
}
