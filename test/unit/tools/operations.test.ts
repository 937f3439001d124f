// The operator's page says of every status, reason and code that there is what it means and what to do.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { CONNECTION_CHECKS, CONNECTION_STATUSES } from '../../../contracts/connections.ts';
import { CASE_REASONS } from '../../../contracts/correlation.ts';
import { healthSchema } from '../../../contracts/health.ts';
import { PAUSE_REASONS, RUN_STATUSES, STALL_CODES, STEP_STATUSES } from '../../../contracts/sync-history.ts';
import { ERROR_CODES } from '../../../domain/app-error.ts';
import { FENCED, STAGING_LOST } from '../../../domain/run-failure.ts';
import { REJECTION_CODES } from '../../../domain/source-entry.ts';

const page = readFileSync('docs/operations.md', 'utf8');

/** A section's table: the names in the first column of each row, with the row's other cells. */
function tableOf(heading: string): Map<string, string[]> {
  const section = page.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? '';
  const rows = section.matchAll(/^\| (`[^|]*`) \|(.*)\|$/gm);
  return new Map(
    [...rows].flatMap(([, names = '', rest = '']) =>
      [...names.matchAll(/`([^`]+)`/g)].map(([, name = '']): [string, string[]] => [
        name,
        rest.split('|').map((cell) => cell.trim()),
      ]),
    ),
  );
}

const TOLD: [string, readonly string[]][] = [
  ['The status of a run', RUN_STATUSES],
  ['The steps of a run', STEP_STATUSES],
  ['Why a run pauses', PAUSE_REASONS],
  ['Runs that nobody works on', STALL_CODES],
  ['Error codes', [...Object.keys(ERROR_CODES), STAGING_LOST, FENCED, 'schedule_skipped']],
  ['Entries that were not taken', [...REJECTION_CODES, 'notice', 'full_read']],
  ['Accounts that wait for a decision', CASE_REASONS],
  ['Connections', [...CONNECTION_STATUSES, ...CONNECTION_CHECKS]],
  ['Health', [...healthSchema.shape.status.options, ...Object.keys(healthSchema.shape.checks.shape)]],
];

describe('docs/operations.md', () => {
  it.each(TOLD)('says under "%s" what each means and what to do', (heading, names) => {
    const rows = tableOf(heading);
    expect(names.filter((name) => !rows.has(name))).toEqual([]);
    for (const [name, cells] of rows)
      expect([name, cells.length, cells.every((cell) => cell !== '')]).toEqual([name, 2, true]);
  });
});
