// The operator's page explains every status, pause reason and error code that there is.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { PAUSE_REASONS, RUN_STATUSES, STALL_CODES } from '../../../contracts/sync-history.ts';
import { ERROR_CODES } from '../../../domain/app-error.ts';
import { FENCED, STAGING_LOST } from '../../../domain/run-failure.ts';

const page = readFileSync('docs/operations.md', 'utf8');

describe('docs/operations.md', () => {
  it.each([
    ...Object.keys(ERROR_CODES),
    STAGING_LOST,
    FENCED,
    ...RUN_STATUSES,
    ...PAUSE_REASONS,
    ...STALL_CODES,
  ])('explains %s', (name) => {
    expect(page).toContain(`\`${name}\``);
  });
});
