// The synchronisation benchmark: baseline, first full run and unchanged second run, round by round.
import { join } from 'node:path';
import { startSlapd } from '../test/support/slapd-process.ts';
import { findSlapdPrograms } from '../test/support/slapd-programs.ts';
import { type BaselineRound, prepareBaseline } from './baseline.ts';
import { type GeneratedDirectory, generateDirectory } from './generate-directory.ts';
import type { SyncBenchOptions } from './options.ts';
import { startProduct } from './product.ts';
import { type SelfTime, topSelfTimes } from './profile.ts';
import { type BenchRuntime, startRuntime, startTemporal } from './runtime.ts';
import { median } from './statistics.ts';
import {
  checkCounts,
  checkStored,
  createProject,
  type LdapSource,
  runOnce,
  type SyncRun,
} from './sync-run.ts';

/** Seconds of each round, and what their median makes. */
export interface SyncFigure {
  seconds: number[];
  objectsPerSecond: number;
  /** Of the baseline's objects/s. */
  ratio: number;
}

export interface SyncReport {
  directory: { users: number; groups: number; objects: number; memberships: number };
  baseline: SyncFigure & { rounds: BaselineRound[] };
  first: SyncFigure & { rounds: SyncRun[] };
  unchanged: SyncFigure & { rounds: SyncRun[] };
  /** The largest of all rounds; null where the system does not say. */
  workerPeakMemoryBytes: number | null;
  profiles: { first: SelfTime[]; unchanged: SelfTime[] } | null;
}

interface Bench {
  options: SyncBenchOptions;
  runtime: BenchRuntime;
  temporalAddress: string;
  source: LdapSource;
  generated: GeneratedDirectory;
}

interface Round {
  first: SyncRun;
  unchanged: SyncRun;
  peakMemory: number | null;
}

const BASELINE_ROUNDS = 3;
const PROFILED_PLACES = 15;

/** @throws Error when slapd is missing, or when a run brings anything but what was generated. */
export async function benchSync(
  options: SyncBenchOptions,
  stack: AsyncDisposableStack,
  say: (message: string) => void,
): Promise<SyncReport> {
  const programs = findSlapdPrograms();
  if ('missing' in programs) throw new Error(programs.missing);
  const runtime = await startRuntime(stack, say);
  const temporalAddress = await startTemporal(runtime.folder, stack, say);
  say(`Generating ${options.users} users and loading them into slapd …`);
  const ldif = join(runtime.folder, 'directory.ldif');
  const generated = await generateDirectory(ldif, { users: options.users });
  const slapd = await startSlapd({ ldif: { file: ldif } });
  stack.defer(() => slapd.stop());
  const source: LdapSource = {
    url: slapd.url,
    baseDn: slapd.baseDn,
    bindDn: generated.readerDn,
    bindPassword: generated.readerPassword,
  };
  const bench = { options, runtime, temporalAddress, source, generated };
  const baseline = await prepareBaseline(
    source,
    await runtime.createDatabase('baseline'),
    runtime.folder,
    generated.objects,
  );
  stack.defer(() => baseline.close());
  // Alternately, so that a busy minute of the machine touches both sides.
  const baselines: BaselineRound[] = [];
  const rounds: Round[] = [];
  for (let round = 0; round < Math.max(BASELINE_ROUNDS, options.runs); round += 1) {
    baselines.push(await baseline.measure());
    say(`Round ${round + 1}: baseline ${baselineSeconds(baselines[round] as BaselineRound).toFixed(2)} s`);
    if (round >= options.runs) continue;
    const measured = await syncRound(bench, round);
    rounds.push(measured);
    const [first, second] = [measured.first.seconds, measured.unchanged.seconds];
    say(`Round ${round + 1}: first ${first.toFixed(2)} s, unchanged ${second.toFixed(2)} s`);
  }
  return report(bench, baselines, rounds);
}

async function syncRound(bench: Bench, round: number): Promise<Round> {
  const { options, runtime, generated } = bench;
  const name = `round_${round + 1}`;
  await using stack = new AsyncDisposableStack();
  const databaseUrl = await runtime.createDatabase(name);
  stack.defer(() => runtime.dropDatabase(name));
  const place = { databaseUrl, temporalAddress: bench.temporalAddress, folder: runtime.folder, name };
  const product = await startProduct(place, stack);
  const projectId = await createProject(product.client, bench.source);
  const profiled = (phase: string) => (options.profile ? join(options.profile, phase) : undefined);

  let worker = await product.startWorker(profiled('first'));
  const first = await runOnce(product.client, projectId, worker.assertRunning);
  checkCounts('the first run', first, {
    read: generated.objects,
    created: generated.objects,
    membershipsAdded: generated.memberships,
  });
  await checkStored(databaseUrl, generated);
  const firstPeak = await worker.peakMemory();
  if (options.profile) {
    // A profile is written when the process ends: the second run gets a worker and a profile of its own.
    await worker.stop();
    worker = await product.startWorker(profiled('unchanged'));
  }
  const unchanged = await runOnce(product.client, projectId, worker.assertRunning);
  checkCounts('the second run', unchanged, { read: generated.objects, unchanged: generated.objects });
  await checkStored(databaseUrl, generated);
  const peaks = [firstPeak, await worker.peakMemory()].filter((peak) => peak !== null);
  // A profile is only whole when its process has ended.
  if (options.profile) await worker.stop();
  return { first, unchanged, peakMemory: peaks.length > 0 ? Math.max(...peaks) : null };
}

function baselineSeconds(round: BaselineRound): number {
  return round.ldapsearchSeconds + round.copySeconds;
}

async function report(bench: Bench, baselines: BaselineRound[], rounds: Round[]): Promise<SyncReport> {
  const { generated, options } = bench;
  const { users, groups, objects, memberships } = generated;
  const baselineTimes = baselines.map(baselineSeconds);
  const figure = (seconds: number[]): SyncFigure => ({
    seconds,
    objectsPerSecond: objects / median(seconds),
    ratio: median(baselineTimes) / median(seconds),
  });
  const runs = (phase: 'first' | 'unchanged') => {
    const measured = rounds.map((round) => round[phase]);
    return { ...figure(measured.map((run) => run.seconds)), rounds: measured };
  };
  const peaks = rounds.flatMap(({ peakMemory }) => (peakMemory === null ? [] : [peakMemory]));
  const profile = (phase: string) => topSelfTimes(join(options.profile ?? '', phase), PROFILED_PLACES);
  return {
    directory: { users, groups, objects, memberships },
    baseline: { ...figure(baselineTimes), rounds: baselines },
    first: runs('first'),
    unchanged: runs('unchanged'),
    workerPeakMemoryBytes: peaks.length > 0 ? Math.max(...peaks) : null,
    profiles: options.profile
      ? { first: await profile('first'), unchanged: await profile('unchanged') }
      : null,
  };
}
