// When a project counts as late.
import { describe, expect, it } from '@jest/globals';
import { overdueSince } from '../../../domain/overdue.ts';

const late = (cron: string, since: string, now: string) =>
  overdueSince({ cron, timeZone: 'UTC' }, new Date(since), new Date(now))?.toISOString() ?? null;

describe('overdueSince', () => {
  it.each([
    // Due on Tuesday at two; late when Wednesday's turn comes and nothing has completed.
    ['0 2 * * *', '2027-01-04T02:10:00Z', '2027-01-06T01:59:00Z', null],
    ['0 2 * * *', '2027-01-04T02:10:00Z', '2027-01-06T02:00:00Z', '2027-01-06T02:00:00.000Z'],
    ['0 2 * * *', '2027-01-04T02:10:00Z', '2027-01-20T00:00:00Z', '2027-01-06T02:00:00.000Z'],
    ['0 2 * * *', '2027-01-05T02:10:00Z', '2027-01-06T02:30:00Z', null],
    // Ten minutes at the least.
    ['* * * * *', '2027-01-04T02:00:10Z', '2027-01-04T02:10:59Z', null],
    ['* * * * *', '2027-01-04T02:00:10Z', '2027-01-04T02:11:00Z', '2027-01-04T02:11:00.000Z'],
  ])('%s, completed at %s: at %s it is %s', (cron, since, now, expected) => {
    expect(late(cron, since, now)).toBe(expected);
  });
});
