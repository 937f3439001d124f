// Prints what the refresh half of the benchmark of identities found.
import { LEAST_PACE, LEAST_RATIO, type RefreshReport, type Timed } from './refresh-bench.ts';
import { table, whole } from './report-text.ts';

export function refreshReportText(report: RefreshReport): string {
  const { persons, first, full, update, ratio, cpuRatio, rounds } = report;
  const verdict = (met: boolean) => (met ? 'yes' : 'NO');
  const times = ({ seconds, cpuSeconds }: Timed) => [
    `${seconds.toFixed(2)} s`,
    cpuSeconds === null ? '–' : `${cpuSeconds.toFixed(2)} s`,
  ];
  return [
    '',
    `Refresh of ${whole(persons)} persons with two accounts each through a profile of 15 mappings, two of them nested three deep; medians of ${rounds.length} rounds.`,
    '',
    table([
      ['', 'time', 'processor', 'persons/s', 'target', 'met'],
      ['first refresh, of new persons', ...times(first), whole(Math.round(first.pace)), '', ''],
      [
        'full refresh, all with another value',
        ...times(full),
        whole(Math.round(full.pace)),
        whole(LEAST_PACE),
        verdict(full.pace >= LEAST_PACE),
      ],
      [
        'UPDATE person SET attributes = …',
        ...times(update),
        whole(Math.round(persons / update.seconds)),
        '',
        '',
      ],
      [
        'refresh, of the pace of the UPDATE',
        ratio.toFixed(2),
        cpuRatio === null ? '–' : cpuRatio.toFixed(2),
        '',
        `${LEAST_RATIO}`,
        verdict(ratio >= LEAST_RATIO),
      ],
    ]),
    '',
  ].join('\n');
}
