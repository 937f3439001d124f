// Prints what the benchmark of identities found.
import type { IdentitiesReport } from './identities-bench.ts';
import { MOST_OF_FIRST_PAGE } from './identity-targets.ts';
import { refreshReportText } from './refresh-report-text.ts';
import { table, whole } from './report-text.ts';

export function identitiesReportText(report: IdentitiesReport): string {
  const rows = report.scenarios.map((scenario, index) => [
    scenario.name,
    whole(scenario.found),
    scenario.ours.requestsPerSecond.toFixed(0),
    `${scenario.ours.p99Ms.toFixed(0)} ms`,
    scenario.bare.requestsPerSecond.toFixed(0),
    `${scenario.bare.p99Ms.toFixed(0)} ms`,
    scenario.ratio.toFixed(2),
    scenario.ours.cpuMs === null ? '–' : `${scenario.ours.cpuMs.toFixed(1)} ms`,
    scenario.cpuOfFirstPage === null ? '–' : scenario.cpuOfFirstPage.toFixed(2),
    scenario.ofFirstPage.toFixed(2),
    index === 0 ? '' : scenario.ofFirstPage <= MOST_OF_FIRST_PAGE ? 'yes' : 'NO',
  ]);
  return [
    refreshReportText(report.refresh),
    `GET /beta/identities of ${whole(report.users)}, ${report.connections} connections, medians of ${report.runs} rounds of ${report.seconds} s each.`,
    '',
    table([
      [
        '',
        'in answer',
        'requests/s',
        'p99',
        'bare requests/s',
        'bare p99',
        'ratio',
        'processor',
        'of first page',
        'p99 of first page',
        `at most ${MOST_OF_FIRST_PAGE}`,
      ],
      ...rows,
    ]),
    '',
    "Processor is the API's and PostgreSQL's time for one request; it says more than p99 on a machine that is busy.",
    'Bare is a node:http + pg server that runs the same SQL and sends its rows as JSON: no sign-in, no checks, no log.',
    '',
  ].join('\n');
}
