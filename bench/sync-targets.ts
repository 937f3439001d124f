// The synchronisation benchmark's figures beside what they have to be.
import { median } from './statistics.ts';
import type { SyncReport } from './sync-bench.ts';
import type { SyncRun } from './sync-run.ts';
import { atLeast, atMost, type Target, verdict } from './targets.ts';

const MEGABYTE = 2 ** 20;
/** Two clock times that differ by less are the same. */
const NOISE = 0.05;

/** @returns one line for each thing that the product promises of its speed. */
export function syncTargets(report: SyncReport): Target[] {
  const { first, unchanged, incremental, scanning, secondConnection, twoProjects } = report;
  return [
    atLeast('(b) first full sync, of (a)', first.ratio, 0.45),
    atLeast('(c) unchanged full sync, of (a)', unchanged.ratio, 0.9),
    memoryTarget(report),
    atMost('(e) incremental, of (c)', incremental.ofUnchanged, 0.1),
    atMost('(f) incremental with the scan of ids, of (c)', scanning.ofUnchanged, 1 / 3),
    ...(twoProjects
      ? [
          twoAtOnce('(g) two projects at once, of in turn: first', twoProjects.first.ratios),
          twoAtOnce('(g) two projects at once, of in turn: unchanged', twoProjects.unchanged.ratios),
        ]
      : []),
    atMost('(j) making persons of the accounts of (b), of (b)', joiningOf(first.rounds), 1),
    ...(secondConnection.length > 0
      ? [
          atMost(
            '(k) joining the accounts of a second connection, of its sync',
            joiningOf(secondConnection),
            1,
          ),
        ]
      : []),
    ...report.paces.map(({ name, endOfStart }) => atMost(`(h) ${name}: end, of start`, endOfStart, 1.3)),
    {
      name: '(i) longest history of a workflow',
      measured: `${report.workflowEvents} events`,
      target: '< 1,000 events',
      verdict: verdict(report.workflowEvents < 1_000),
    },
  ];
}

/** What the last step of these runs took, of what came before it. */
function joiningOf(runs: SyncRun[]): number {
  return median(runs.map((run) => run.correlateSeconds / run.seconds));
}

function memoryTarget({ directory, workerPeakMemoryBytes: peak }: SyncReport): Target {
  const megabytes = directory.users <= 100_000 ? 400 : directory.users <= 500_000 ? 500 : 700;
  return {
    name: '(d) peak memory of the worker',
    measured: peak === null ? '' : `${Math.round(peak / MEGABYTE)} MB`,
    target: `< ${megabytes} MB`,
    verdict: peak === null ? 'not measured on this system' : verdict(peak < megabytes * MEGABYTE),
  };
}

/** Two projects that share a processor take exactly as long at once as in turn: only noise tells such times apart. */
function twoAtOnce(name: string, ratios: number[]): Target {
  const row = atMost(name, median(ratios), 1);
  const excess = median(ratios) - 1;
  return excess > 0 && excess <= NOISE ? { ...row, verdict: 'within noise' } : row;
}
