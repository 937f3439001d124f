// The synchronisation benchmark: baseline and product by turns, and what their rounds add up to.
import { join } from 'node:path';
import { startSlapd } from '../test/support/slapd-process.ts';
import { findSlapdPrograms } from '../test/support/slapd-programs.ts';
import { type BaselineRound, prepareBaseline } from './baseline.ts';
import { endWith } from './clean-up.ts';
import { generateDirectory } from './generate-directory.ts';
import type { SyncBenchOptions } from './options.ts';
import { startRuntime, startTemporal } from './runtime.ts';
import { STATEMENT_SETTINGS } from './statements.ts';
import { median } from './statistics.ts';
import {
  type CpuSeconds,
  type PhaseName,
  type PhaseProfile,
  type SyncBench,
  type SyncRound,
  syncRound,
} from './sync-round.ts';
import type { LdapSource, SyncRun } from './sync-run.ts';

/** Seconds of each round, and what their median makes. */
export interface SyncFigure {
  seconds: number[];
  objectsPerSecond: number;
  /** Of the baseline's objects/s. */
  ratio: number;
}

export interface IncrementalFigure {
  seconds: number[];
  ofUnchanged: number;
  rounds: SyncRun[];
  cpuSeconds: CpuSeconds[];
}

export interface SyncReport {
  directory: { users: number; groups: number; objects: number; memberships: number };
  baseline: SyncFigure & { rounds: BaselineRound[] };
  first: SyncFigure & { rounds: SyncRun[]; cpuSeconds: CpuSeconds[] };
  unchanged: SyncFigure & { rounds: SyncRun[]; cpuSeconds: CpuSeconds[] };
  /** With a few changes, without and with the scan of ids; `ofUnchanged`: their time as a part of an unchanged full run's. */
  incremental: IncrementalFigure;
  scanning: IncrementalFigure;
  /** The largest of all rounds; null where the system does not say. */
  workerPeakMemoryBytes: number | null;
  /** Of the last round, where profiles were asked for. */
  profiles: Record<PhaseName, PhaseProfile> | null;
}

const PHASES = ['first', 'unchanged', 'incremental', 'scanning'] as const;
const BASELINE_ROUNDS = 3;

/** @throws Error when slapd is missing, or when a run brings anything but what was generated. */
export async function benchSync(
  options: SyncBenchOptions,
  stack: AsyncDisposableStack,
  say: (message: string) => void,
): Promise<SyncReport> {
  const programs = findSlapdPrograms();
  if ('missing' in programs) throw new Error(programs.missing);
  const runtime = await startRuntime(stack, say, options.profile ? STATEMENT_SETTINGS : {});
  const temporalAddress = await startTemporal(runtime.folder, stack, say);
  say(`Generating ${options.users} users and loading them into slapd …`);
  const ldif = join(runtime.folder, 'directory.ldif');
  const generated = await generateDirectory(ldif, { users: options.users });
  const slapd = await startSlapd({ ldif: { file: ldif } });
  await endWith(stack, () => slapd.stop());
  const source: LdapSource = {
    url: slapd.url,
    baseDn: slapd.baseDn,
    bindDn: generated.readerDn,
    bindPassword: generated.readerPassword,
  };
  const bench: SyncBench = { options, runtime, temporalAddress, source, generated, slapd };
  const baseline = await prepareBaseline(
    source,
    await runtime.createDatabase('baseline'),
    runtime.folder,
    generated.objects,
  );
  await endWith(stack, () => baseline.close());
  // Alternately, so that a busy minute of the machine touches both sides.
  const baselines: BaselineRound[] = [];
  const rounds: SyncRound[] = [];
  for (let round = 0; round < Math.max(BASELINE_ROUNDS, options.runs); round += 1) {
    baselines.push(await baseline.measure());
    say(`Round ${round + 1}: baseline ${baselineSeconds(baselines[round] as BaselineRound).toFixed(2)} s`);
    if (round >= options.runs) continue;
    const measured = await syncRound(bench, round);
    rounds.push(measured);
    const times = PHASES.map((phase) => `${phase} ${measured[phase].run.seconds.toFixed(2)} s`);
    say(`Round ${round + 1}: ${times.join(', ')}`);
  }
  return report(bench, baselines, rounds);
}

function baselineSeconds(round: BaselineRound): number {
  return round.ldapsearchSeconds + round.copySeconds;
}

function report(bench: SyncBench, baselines: BaselineRound[], rounds: SyncRound[]): SyncReport {
  const { users, groups, objects, memberships } = bench.generated;
  const baselineTimes = baselines.map(baselineSeconds);
  const figure = (seconds: number[]): SyncFigure => ({
    seconds,
    objectsPerSecond: objects / median(seconds),
    ratio: median(baselineTimes) / median(seconds),
  });
  const runs = (phase: 'first' | 'unchanged') => {
    const measured = rounds.map((round) => round[phase].run);
    const cpu = rounds.map((round) => round[phase].cpuSeconds);
    return { ...figure(measured.map((run) => run.seconds)), rounds: measured, cpuSeconds: cpu };
  };
  const unchanged = runs('unchanged');
  const partOfUnchanged = (phase: 'incremental' | 'scanning'): IncrementalFigure => {
    const measured = rounds.map((round) => round[phase].run);
    const seconds = measured.map((run) => run.seconds);
    const cpuSeconds = rounds.map((round) => round[phase].cpuSeconds);
    return {
      seconds,
      ofUnchanged: median(seconds) / median(unchanged.seconds),
      rounds: measured,
      cpuSeconds,
    };
  };
  const peaks = rounds.flatMap(({ peakMemory }) => (peakMemory === null ? [] : [peakMemory]));
  const last = rounds.at(-1);
  return {
    directory: { users, groups, objects, memberships },
    baseline: { ...figure(baselineTimes), rounds: baselines },
    first: runs('first'),
    unchanged,
    incremental: partOfUnchanged('incremental'),
    scanning: partOfUnchanged('scanning'),
    workerPeakMemoryBytes: peaks.length > 0 ? Math.max(...peaks) : null,
    profiles: last ? profilesOf(last) : null,
  };
}

function profilesOf(round: SyncRound): SyncReport['profiles'] {
  const { first, unchanged, incremental, scanning } = round;
  if (!first.profile || !unchanged.profile || !incremental.profile || !scanning.profile) return null;
  return {
    first: first.profile,
    unchanged: unchanged.profile,
    incremental: incremental.profile,
    scanning: scanning.profile,
  };
}
