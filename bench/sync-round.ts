// One round of the synchronisation benchmark: a fresh database, a first full run, a second with nothing changed, two incremental ones.
import { join } from 'node:path';
import type { Slapd } from '../test/support/slapd-process.ts';
import { changeUsers } from './change-users.ts';
import type { BenchProcess } from './child-process.ts';
import { endWith } from './clean-up.ts';
import { cpuSeconds as cpuSecondsOf } from './cpu-time.ts';
import type { GeneratedDirectory } from './generate-directory.ts';
import type { SyncBenchOptions } from './options.ts';
import { type Product, startProduct } from './product.ts';
import { type SelfTime, topSelfTimes } from './profile.ts';
import type { BenchRuntime } from './runtime.ts';
import { resetStatements, type StatementTime, topStatements } from './statements.ts';
import {
  checkCounts,
  checkStored,
  createProject,
  type LdapSource,
  runOnce,
  type SyncRun,
} from './sync-run.ts';

export interface SyncBench {
  options: SyncBenchOptions;
  runtime: BenchRuntime;
  temporalAddress: string;
  source: LdapSource;
  generated: GeneratedDirectory;
  slapd: Slapd;
}

/** Where the time of one phase went: in the worker's main thread, and in the database. */
export interface PhaseProfile {
  functions: SelfTime[];
  statements: StatementTime[];
}

/** Processor time of a phase; null where the system does not say. */
export interface CpuSeconds {
  worker: number | null;
  postgres: number | null;
  slapd: number | null;
}

export interface Phase {
  run: SyncRun;
  cpuSeconds: CpuSeconds;
  /** Of the worker, in bytes; null where the system does not say. */
  peakMemory: number | null;
  profile: PhaseProfile | null;
}

export interface SyncRound {
  first: Phase;
  unchanged: Phase;
  /** CHANGED_USERS changed since, without and with the scan of ids. */
  incremental: Phase;
  scanning: Phase;
  /** The largest of all phases. */
  peakMemory: number | null;
}

export const CHANGED_USERS = 100;
const PROFILED_FUNCTIONS = 25;
const PROFILED_STATEMENTS = 12;

export type PhaseName = 'first' | 'unchanged' | 'incremental' | 'scanning';

/** @throws Error when a run, or what it left in the database, is not what was generated. */
export async function syncRound(bench: SyncBench, round: number): Promise<SyncRound> {
  const { runtime, generated, temporalAddress } = bench;
  const { objects, memberships } = generated;
  const name = `round_${round + 1}`;
  await using stack = new AsyncDisposableStack();
  const databaseUrl = await runtime.createDatabase(name);
  await endWith(stack, () => runtime.dropDatabase(name));
  const product = await startProduct({ databaseUrl, temporalAddress, folder: runtime.folder, name }, stack);
  const projectId = await createProject(product.client, bench.source);
  const runPhase = phaseRunner(bench, product, databaseUrl, projectId);

  const first = await runPhase('first');
  checkCounts('the first run', first.run, {
    read: objects,
    created: objects,
    membershipsAdded: memberships,
  });
  await checkStored(databaseUrl, generated);
  const unchanged = await runPhase('unchanged');
  checkCounts('the second run', unchanged.run, { read: objects, unchanged: objects });
  await checkStored(databaseUrl, generated);
  const changed = async (phase: 'incremental' | 'scanning', idScanEveryRuns: number) => {
    await product.client.patch(`/api/sync/projects/${projectId}`, { idScanEveryRuns });
    await changeUsers(databaseUrl, bench.slapd, CHANGED_USERS, `${phase} ${name}`);
    const measured = await runPhase(phase);
    // What changed just before the last run comes along again, and is found unchanged.
    const { read = 0 } = measured.run.counts;
    checkCounts(`the ${phase} run`, measured.run, {
      read,
      updated: CHANGED_USERS,
      unchanged: read - CHANGED_USERS,
    });
    if (read > 4 * CHANGED_USERS) throw new Error(`the ${phase} run read ${read} entries`);
    return measured;
  };
  const incremental = await changed('incremental', 0);
  const scanning = await changed('scanning', 1);
  const phases = [first, unchanged, incremental, scanning];
  const peaks = phases.map(({ peakMemory }) => peakMemory).filter((peak) => peak !== null);
  return {
    first,
    unchanged,
    incremental,
    scanning,
    peakMemory: peaks.length > 0 ? Math.max(...peaks) : null,
  };
}

/** All phases share a worker; with profiles each has its own, since a profile is written when a process ends. */
function phaseRunner(bench: SyncBench, product: Product, databaseUrl: string, projectId: string) {
  const profiles = bench.options.profile;
  let worker: BenchProcess | undefined;
  return async (phase: PhaseName): Promise<Phase> => {
    const folder = profiles === null ? undefined : join(profiles, phase);
    worker ??= await product.startWorker(folder);
    if (folder) await resetStatements(databaseUrl);
    const pids = { worker: worker.pid, postgres: bench.runtime.postgresPid, slapd: bench.slapd.pid };
    const before = await cpuOf(pids);
    const mode = phase === 'incremental' || phase === 'scanning' ? 'incremental' : 'full';
    const run = await runOnce(product.client, projectId, worker.assertRunning, mode);
    const cpuSeconds = difference(before, await cpuOf(pids));
    const peakMemory = await worker.peakMemory();
    if (!folder) return { run, cpuSeconds, peakMemory, profile: null };
    const statements = await topStatements(databaseUrl, PROFILED_STATEMENTS);
    await worker.stop();
    worker = undefined;
    const functions = await topSelfTimes(folder, PROFILED_FUNCTIONS);
    return { run, cpuSeconds, peakMemory, profile: { functions, statements } };
  };
}

async function cpuOf(pids: { worker: number; postgres: number; slapd: number }): Promise<CpuSeconds> {
  const [worker, postgres, slapd] = await Promise.all(
    [pids.worker, pids.postgres, pids.slapd].map(cpuSecondsOf),
  );
  return { worker: worker ?? null, postgres: postgres ?? null, slapd: slapd ?? null };
}

function difference(before: CpuSeconds, after: CpuSeconds): CpuSeconds {
  const of = (name: keyof CpuSeconds) => {
    const [from, to] = [before[name], after[name]];
    return from === null || to === null ? null : to - from;
  };
  return { worker: of('worker'), postgres: of('postgres'), slapd: of('slapd') };
}
