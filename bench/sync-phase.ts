// Runs one phase of the synchronisation benchmark: a run, with what it cost the worker, the database and the directory.
import { join } from 'node:path';
import type { Slapd } from '../test/support/slapd-process.ts';
import type { BenchProcess } from './child-process.ts';
import { cpuSeconds as cpuSecondsOf } from './cpu-time.ts';
import type { GeneratedDirectory } from './generate-directory.ts';
import type { SyncBenchOptions } from './options.ts';
import { type RunSamples, watchRun } from './pace.ts';
import type { Product } from './product.ts';
import { type SelfTime, topSelfTimes } from './profile.ts';
import type { BenchRuntime } from './runtime.ts';
import { resetStatements, type StatementTime, topStatements } from './statements.ts';
import { type LdapSource, runOnce, type SyncRun } from './sync-run.ts';
import { untilRefreshed } from './until-refreshed.ts';
import { workflowEvents } from './workflow-events.ts';

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
  samples: RunSamples;
  /** In the history of the project's workflow. */
  workflowEvents: number;
  profile: PhaseProfile | null;
}

export type PhaseName = 'first' | 'unchanged' | 'incremental' | 'scanning' | 'rewritten';

export interface PhaseRunner {
  run(phase: PhaseName): Promise<Phase>;
  /** The worker of the phases so far; one is started where there is none. */
  worker(): Promise<BenchProcess>;
}

const PROFILED_FUNCTIONS = 25;
const PROFILED_STATEMENTS = 12;

/** All phases share a worker; with profiles each has its own, since a profile is written when a process ends. */
export function phaseRunner(
  bench: SyncBench,
  product: Product,
  databaseUrl: string,
  projectId: string,
): PhaseRunner {
  const profiles = bench.options.profile;
  let worker: BenchProcess | undefined;
  const measure = async (phase: PhaseName, running: BenchProcess): Promise<Omit<Phase, 'profile'>> => {
    const pids = { worker: running.pid, postgres: bench.runtime.postgresPid, slapd: bench.slapd.pid };
    const mode = phase === 'incremental' || phase === 'scanning' ? 'incremental' : 'full';
    await untilRefreshed(databaseUrl);
    const before = await cpuOf(pids);
    const watch = watchRun(databaseUrl, projectId);
    const run = await runOnce(product.client, projectId, running.assertRunning, mode);
    const cpuSeconds = difference(before, await cpuOf(pids));
    return {
      run,
      cpuSeconds,
      samples: await watch.stop(),
      peakMemory: await running.peakMemory(),
      workflowEvents: await workflowEvents(bench.temporalAddress, projectId),
    };
  };
  return {
    worker: async () => (worker ??= await product.startWorker()),
    async run(phase) {
      const folder = profiles === null ? undefined : join(profiles, phase);
      worker ??= await product.startWorker(folder);
      if (folder) await resetStatements(databaseUrl);
      const measured = await measure(phase, worker);
      if (!folder) return { ...measured, profile: null };
      const statements = await topStatements(databaseUrl, PROFILED_STATEMENTS);
      await worker.stop();
      worker = undefined;
      const functions = await topSelfTimes(folder, PROFILED_FUNCTIONS);
      return { ...measured, profile: { functions, statements } };
    },
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
