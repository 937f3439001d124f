// Prints what a benchmark found as text, with a word on what was timed.
import type { ApiReport } from './api-bench.ts';
import type { SelfTime } from './profile.ts';
import { median } from './statistics.ts';
import type { IncrementalFigure, SyncFigure, SyncReport } from './sync-bench.ts';
import { CHANGED_USERS, type CpuSeconds, type PhaseProfile } from './sync-round.ts';
import type { SyncRun } from './sync-run.ts';

export function syncReportText(report: SyncReport): string {
  const { directory, baseline, first, unchanged, incremental, scanning, profiles } = report;
  const peak = report.workerPeakMemoryBytes;
  const part = (name: 'ldapsearchSeconds' | 'copySeconds') =>
    `${median(baseline.rounds.map((round) => round[name])).toFixed(2)} s`;
  const lines = [
    '',
    `Directory: ${whole(directory.users)} users, ${whole(directory.groups)} groups (${whole(directory.objects)} objects), ` +
      `${whole(directory.memberships)} memberships. Medians of the rounds.`,
    '',
    table([
      ['', 'seconds', 'objects/s', 'of the baseline', 'rounds'],
      figureRow('(a) ldapsearch, then COPY', baseline),
      figureRow('(b) first full sync', first),
      figureRow('(c) second full sync, unchanged', unchanged),
    ]),
    '',
    `(d) peak memory of the worker: ${peak === null ? 'not measured on this system' : `${whole(peak / 2 ** 20)} MB`}`,
    '',
    table([
      [`${CHANGED_USERS} users changed`, 'seconds', 'of (c)', 'rounds'],
      changesRow('(e) incremental', incremental),
      changesRow('(f) incremental, with the scan of all ids', scanning),
    ]),
    '',
    `(a) is one ldapsearch with paged results of all attributes into a file (${part('ldapsearchSeconds')}), then one COPY of`,
    `    the same entries, prepared beforehand, into a table with a primary key (${part('copySeconds')}).`,
    '(b) and (c) run from the start to the end of the run as its history has them; (b) begins with an empty database,',
    '    and counts, memberships and managers were compared with what was generated.',
    '',
    stepsText('Steps of (b)', first.rounds),
    stepsText('Steps of (c)', unchanged.rounds),
    stepsText('Steps of (e)', incremental.rounds),
    stepsText('Steps of (f)', scanning.rounds),
    cpuText('Processor time of (b)', first.cpuSeconds),
    cpuText('Processor time of (c)', unchanged.cpuSeconds),
    cpuText('Processor time of (e)', incremental.cpuSeconds),
    cpuText('Processor time of (f)', scanning.cpuSeconds),
    ...(profiles
      ? [
          profileText('(b)', profiles.first),
          profileText('(c)', profiles.unchanged),
          profileText('(e)', profiles.incremental),
          profileText('(f)', profiles.scanning),
        ]
      : []),
    '',
  ];
  return lines.join('\n');
}

export function apiReportText(report: ApiReport): string {
  const rows = report.scenarios.map((scenario) => [
    scenario.name,
    scenario.ours.requestsPerSecond.toFixed(0),
    `${scenario.ours.p99Ms.toFixed(0)} ms`,
    scenario.bare.requestsPerSecond.toFixed(0),
    `${scenario.bare.p99Ms.toFixed(0)} ms`,
    scenario.ratio.toFixed(2),
  ]);
  return [
    '',
    `GET /users of ${whole(report.users)} users, ${report.connections} connections, medians of ${report.runs} rounds of ${report.seconds} s each.`,
    '',
    table([['', 'requests/s', 'p99', 'bare requests/s', 'bare p99', 'ratio'], ...rows]),
    '',
    'Bare is a node:http + pg server that runs the same SQL and sends its rows as JSON: no sign-in, no checks, no log.',
    ...(report.profile ? ['', "Self time of the API's main thread:", selfTimesText(report.profile)] : []),
    '',
  ].join('\n');
}

function figureRow(name: string, figure: SyncFigure): string[] {
  const rounds = figure.seconds.map((seconds) => seconds.toFixed(2)).join(' ');
  const typical = median(figure.seconds).toFixed(2);
  return [name, typical, whole(figure.objectsPerSecond), figure.ratio.toFixed(2), rounds];
}

function changesRow(name: string, figure: IncrementalFigure): string[] {
  const rounds = figure.seconds.map((seconds) => seconds.toFixed(2)).join(' ');
  return [name, median(figure.seconds).toFixed(2), figure.ofUnchanged.toFixed(2), rounds];
}

function stepsText(title: string, runs: SyncRun[]): string {
  const names = runs[0]?.steps.map((step) => step.name) ?? [];
  const typical = names.map((name) => {
    const seconds = runs.map((run) => run.steps.find((step) => step.name === name)?.seconds ?? 0);
    return `${name} ${median(seconds).toFixed(2)} s`;
  });
  return `${title}: ${typical.join(', ')}`;
}

function cpuText(title: string, rounds: CpuSeconds[]): string {
  const parts = (['worker', 'postgres', 'slapd'] as const).flatMap((name) => {
    const seconds = rounds.map((round) => round[name]).filter((value) => value !== null);
    return seconds.length === 0 ? [] : [`${name} ${median(seconds).toFixed(2)} s`];
  });
  return `${title}: ${parts.join(', ') || 'not measured on this system'}`;
}

function profileText(phase: string, profile: PhaseProfile): string {
  const statements = profile.statements.map((statement) => [
    `${statement.seconds.toFixed(2)} s`,
    `${statement.calls} calls`,
    `${statement.rows} rows`,
    statement.sql,
  ]);
  return [
    '',
    `Self time of the worker's main thread in ${phase}:`,
    selfTimesText(profile.functions),
    '',
    `Costliest statements in ${phase}:`,
    table(statements),
  ].join('\n');
}

function selfTimesText(times: SelfTime[]): string {
  return table(
    times.map((time) => [`${(time.share * 100).toFixed(1)} %`, `${time.seconds.toFixed(2)} s`, time.place]),
  );
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** Columns padded to their widest cell; all but the first and the last flush right. */
function table(rows: string[][]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 || column === row.length - 1
            ? cell.padEnd(widths[column] ?? 0)
            : cell.padStart(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
