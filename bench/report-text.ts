// Prints what the API's benchmark found as text, and holds what both reports are laid out with.
import type { ApiReport } from './api-bench.ts';
import type { SelfTime } from './profile.ts';
import { MOST_TIMES, type SizeReport } from './size-bench.ts';

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
    ...(report.sizes ? sizesText(report.sizes) : []),
    ...(report.profile ? ['', "Self time of the API's main thread:", selfTimesText(report.profile)] : []),
    '',
  ].join('\n');
}

function sizesText({ users, rows }: SizeReport): string[] {
  const [small, large] = users.map(whole);
  const lines = rows.map(({ name, found, p99Ms, times }) => [
    name,
    found.map(whole).join(' / '),
    ...p99Ms.map((ms) => `${ms.toFixed(0)} ms`),
    times.toFixed(2),
    times <= MOST_TIMES ? 'yes' : 'NO',
  ]);
  return [
    '',
    `The same requests with ${small} and with ${large} users: p99, medians of the rounds.`,
    '',
    table([
      ['', 'rows in all', `p99, ${small}`, `p99, ${large}`, 'times', `at most ${MOST_TIMES}`],
      ...lines,
    ]),
    '',
    'The group has 50,000 members in both: people at even distances, and where there are fewer people, all of them and',
    'as many computers as it takes.',
  ];
}

export function selfTimesText(times: SelfTime[]): string {
  return table(
    times.map((time) => [`${(time.share * 100).toFixed(1)} %`, `${time.seconds.toFixed(2)} s`, time.place]),
  );
}

export function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** Columns padded to their widest cell; all but the first and the last flush right. */
export function table(rows: string[][]): string {
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
