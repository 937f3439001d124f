// Prints what the synchronisation benchmark found as text, with a word on what was timed.
import { selfTimesText, table, whole } from './report-text.ts';
import { median } from './statistics.ts';
import type { IncrementalFigure, PaceFigure, PairFigure, SyncFigure, SyncReport } from './sync-bench.ts';
import type { CpuSeconds, PhaseProfile } from './sync-phase.ts';
import { CHANGED_USERS } from './sync-round.ts';
import type { SyncRun } from './sync-run.ts';
import { syncTargets } from './sync-targets.ts';

export function syncReportText(report: SyncReport): string {
  const { directory, baseline, first, unchanged, incremental, scanning, secondConnection } = report;
  const { twoProjects, rewritten, profiles } = report;
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
    table([
      [`${CHANGED_USERS} users changed`, 'seconds', 'of (c)', 'rounds'],
      changesRow('(e) incremental', incremental),
      changesRow('(f) incremental, with the scan of all ids', scanning),
    ]),
    '',
    ...(twoProjects ? [twoProjectsText(twoProjects), ''] : []),
    table([
      ['', 'measured', 'target', ''],
      ...syncTargets(report).map(({ name, measured, target, verdict }) => [name, measured, target, verdict]),
    ]),
    '',
    `(a) is one ldapsearch with paged results of all attributes into a file (${part('ldapsearchSeconds')}), then one COPY of`,
    `    the same entries, prepared beforehand, into a table with a primary key (${part('copySeconds')}).`,
    '(b) and (c) run from the start to the end of the run as its history has them, without its last step, correlate, which',
    '    (j) has; (b) begins with an empty database, and counts, memberships and managers were compared with what was generated.',
    '(k) the same directory as a second connection: each account finds the person that the first connection made, and none is',
    '    left or made anew.',
    '',
    ...report.paces.map(paceText),
    '',
    stepsText('Steps of (b)', first.rounds),
    stepsText('Steps of (c)', unchanged.rounds),
    stepsText('Steps of (e)', incremental.rounds),
    stepsText('Steps of (f)', scanning.rounds),
    ...(secondConnection.length > 0 ? [stepsText('Steps of (k)', secondConnection)] : []),
    cpuText('Processor time of (b)', first.cpuSeconds),
    cpuText('Processor time of (c)', unchanged.cpuSeconds),
    cpuText('Processor time of (e)', incremental.cpuSeconds),
    cpuText('Processor time of (f)', scanning.cpuSeconds),
    ...(rewritten
      ? [
          stepsText(`Steps when all are rewritten (${rewritten.run.seconds.toFixed(2)} s)`, [rewritten.run]),
          cpuText('Processor time when all are rewritten', [rewritten.cpuSeconds]),
        ]
      : []),
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

function twoProjectsText({ users, first, unchanged }: NonNullable<SyncReport['twoProjects']>): string {
  const row = (name: string, { rounds, ratios }: PairFigure) => [
    name,
    median(rounds.map(({ inTurn }) => inTurn)).toFixed(2),
    median(rounds.map(({ atOnce }) => atOnce)).toFixed(2),
    median(ratios).toFixed(2),
    ratios.map((ratio) => ratio.toFixed(2)).join(' '),
  ];
  return table([
    [`(g) two projects of ${whole(users / 2)} people each`, 'in turn', 'at once', 'ratio', 'rounds'],
    row('first full sync', first),
    row('unchanged', unchanged),
  ]);
}

function paceText({ name, tenths }: PaceFigure): string {
  return `(h) ms a 1,000 ${name}, by tenths: ${tenths.map((milliseconds) => milliseconds.toFixed(0)).join(' ')}`;
}
