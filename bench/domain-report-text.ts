// Prints what the benchmark of Active Directory found as text.
import { DOMAIN_PHASES, type DomainFigure, type DomainPhase, type DomainReport } from './domain-bench.ts';
import { table, whole } from './report-text.ts';
import { median } from './statistics.ts';

const NAMES: Record<DomainPhase, string> = {
  unchanged: '(c) full, nothing changed',
  incremental: '(e) incremental, no scan',
  scanning: '(f) incremental, with the scan of all ids',
};

export function domainReportText({ objects, firstSeconds, changed, phases }: DomainReport): string {
  const row = (name: string, figure: DomainFigure) => [
    name,
    median(figure.seconds).toFixed(2),
    figure.ofUnchanged.toFixed(2),
    median(figure.cpuSeconds).toFixed(2),
    figure.cpuOfUnchanged.toFixed(2),
  ];
  return [
    '',
    `Domain: ${whole(objects)} objects; the first full sync took ${firstSeconds.toFixed(2)} s. ${changed} people changed before each incremental run.`,
    '',
    table([
      ['', 'seconds', 'of (c)', 'processor seconds', 'of (c)'],
      ...DOMAIN_PHASES.map((phase) => row(NAMES[phase], phases[phase])),
    ]),
    '',
    'Medians of the rounds. Processor time is that of worker and PostgreSQL; the rest of the seconds is Samba and Temporal.',
    '',
  ].join('\n');
}
