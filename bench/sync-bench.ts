// The synchronisation benchmark: baseline and product by turns, and what their rounds add up to.
import { join } from 'node:path';
import { startSlapd } from '../test/support/slapd-process.ts';
import { findSlapdPrograms } from '../test/support/slapd-programs.ts';
import { type BaselineRound, prepareBaseline } from './baseline.ts';
import { endWith } from './clean-up.ts';
import { type GeneratedDirectory, generateDirectory } from './generate-directory.ts';
import type { SyncBenchOptions } from './options.ts';
import { type Pace, paceOf } from './pace.ts';
import { startRuntime, startTemporal } from './runtime.ts';
import { STATEMENT_SETTINGS } from './statements.ts';
import { median } from './statistics.ts';
import type { CpuSeconds, Phase, PhaseProfile, SyncBench } from './sync-phase.ts';
import { type SyncRound, syncRound } from './sync-round.ts';
import type { LdapSource, SyncRun } from './sync-run.ts';
import type { PairTimes } from './two-projects.ts';

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

/** Times of two projects, a round each. */
export interface PairFigure {
  rounds: PairTimes[];
  /** At once, as a part of in turn. */
  ratios: number[];
}

/** How the pace of the last round's run developed. */
export interface PaceFigure extends Pace {
  name: string;
}

export interface SyncReport {
  directory: { users: number; groups: number; objects: number; memberships: number };
  baseline: SyncFigure & { rounds: BaselineRound[] };
  first: SyncFigure & { rounds: SyncRun[]; cpuSeconds: CpuSeconds[] };
  unchanged: SyncFigure & { rounds: SyncRun[]; cpuSeconds: CpuSeconds[] };
  /** With a few changes, without and with the scan of ids; `ofUnchanged`: their time as a part of an unchanged full run's. */
  incremental: IncrementalFigure;
  scanning: IncrementalFigure;
  /** Of the second connection, a round each; none in large directories and with profiles. */
  secondConnection: SyncRun[];
  /** The largest of all rounds; null where the system does not say. */
  workerPeakMemoryBytes: number | null;
  /** Two projects that read a part of the directory each, at once and one after the other; null with profiles. */
  twoProjects: { users: number; first: PairFigure; unchanged: PairFigure } | null;
  paces: PaceFigure[];
  /** Only in large directories. */
  rewritten: { run: SyncRun; cpuSeconds: CpuSeconds } | null;
  /** In the longest history of the project's workflow. */
  workflowEvents: number;
  /** Of the last round, where profiles were asked for. */
  profiles: Record<ProfiledPhase, PhaseProfile> | null;
}

const PHASES = ['first', 'unchanged', 'incremental', 'scanning'] as const;
type ProfiledPhase = (typeof PHASES)[number];
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
    secondConnection: rounds.flatMap(({ secondConnection }) => secondConnection ?? []),
    workerPeakMemoryBytes: peaks.length > 0 ? Math.max(...peaks) : null,
    twoProjects: twoProjectsOf(rounds),
    paces: last ? pacesOf(last, bench.generated) : [],
    rewritten: last?.rewritten ? { run: last.rewritten.run, cpuSeconds: last.rewritten.cpuSeconds } : null,
    workflowEvents: Math.max(...rounds.flatMap(phasesOf).map((phase) => phase.workflowEvents)),
    profiles: last ? profilesOf(last) : null,
  };
}

function phasesOf(round: SyncRound): Phase[] {
  const phases = PHASES.map((phase) => round[phase]);
  return round.rewritten ? [...phases, round.rewritten] : phases;
}

function twoProjectsOf(rounds: SyncRound[]): SyncReport['twoProjects'] {
  const measured = rounds.flatMap(({ twoProjects }) => (twoProjects ? [twoProjects] : []));
  const [one] = measured;
  if (!one) return null;
  const figure = (run: 'first' | 'unchanged'): PairFigure => {
    const times = measured.map((pair) => pair[run]);
    return { rounds: times, ratios: times.map(({ atOnce, inTurn }) => atOnce / inTurn) };
  };
  return { users: one.users, first: figure('first'), unchanged: figure('unchanged') };
}

/** Of the people, who are read before the groups: a group costs what its members do, which are few or very many. */
function pacesOf(
  { first, unchanged, rewritten }: SyncRound,
  { users, objects }: GeneratedDirectory,
): PaceFigure[] {
  const batches = rewritten?.samples.merged.at(-1)?.done ?? 0;
  const paces = {
    'people read by (b)': paceOf(first.samples.read, users),
    'people read by (c)': paceOf(unchanged.samples.read, users),
    'objects merged when all are rewritten': rewritten && paceOf(rewritten.samples.merged, batches, objects),
  };
  return Object.entries(paces).flatMap(([name, pace]) => (pace ? [{ name, ...pace }] : []));
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
