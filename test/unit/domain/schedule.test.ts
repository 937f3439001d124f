// Schedules: what is refused, and when they come round, changes of clocks included.
import { describe, expect, it } from '@jest/globals';
import { checkSchedule, nextRunAfter, temporalSpec } from '../../../domain/schedule.ts';

const problems = (cron: string, timeZone = 'UTC') =>
  checkSchedule({ cron, timeZone }).map(({ path, message }) => `${path}: ${message}`);

describe('checkSchedule', () => {
  it.each(['0 2 * * *', '*/15 8-18 * * mon-fri', '0,30 9-17/2 1,15 JAN-MAR *', ' 0  0 * * 7 '])(
    'takes %j',
    (cron) => expect(problems(cron, 'Europe/Berlin')).toEqual([]),
  );

  it.each([
    ['0 2 * *', /^cron: has 4 fields; it must have five/],
    ['0 0 2 * * *', /^cron: has 6 fields/],
    ['@daily', /^cron: has 1 fields/],
    ['60 * * * *', /^cron: .*minute/i],
    ['0 24 * * *', /^cron: .*hour/i],
    ['0 0 0 * *', /^cron: ./],
    ['0 0 * * fri-mon', /^cron: ./],
    ['0 0 L * *', /^cron: may only have numbers/],
    ['0 0 * * 5#2', /^cron: may only have numbers/],
    ['0 0 ? * *', /^cron: may only have numbers/],
    ['x * * * *', /^cron: may only have numbers/],
    ['*/0 * * * *', /^cron: ./],
    ['0 0 31 2 *', /^cron: names a date that never comes/],
  ])('refuses %j with the reason', (cron, reason) => {
    expect(problems(cron)).toEqual([expect.stringMatching(reason)]);
  });

  it.each(['Europe/Atlantis', '+01:00', 'CEST', 'UTC+1', '', '../etc'])(
    'refuses the time zone %j',
    (timeZone) => {
      expect(problems('0 2 * * *', timeZone)).toEqual([expect.stringMatching(/^timeZone: .* IANA/)]);
    },
  );
});

describe('nextRunAfter', () => {
  const next = (cron: string, timeZone: string, after: string) =>
    nextRunAfter({ cron, timeZone }, new Date(after))?.toISOString() ?? null;

  it.each([
    // The same hour on the wall, in winter and in summer.
    ['0 8 * * *', 'Europe/Berlin', '2027-01-10T00:00:00Z', '2027-01-10T07:00:00.000Z'],
    ['0 8 * * *', 'Europe/Berlin', '2027-07-10T00:00:00Z', '2027-07-10T06:00:00.000Z'],
    ['0 8 * * *', 'Europe/Berlin', '2027-03-27T07:00:00Z', '2027-03-28T06:00:00.000Z'],
    // 02:30 does not exist on that day.
    ['30 2 * * *', 'Europe/Berlin', '2027-03-27T12:00:00Z', '2027-03-29T00:30:00.000Z'],
    // 01:15 comes twice on that day.
    ['15 1 * * *', 'America/New_York', '2027-11-07T00:00:00Z', '2027-11-07T05:15:00.000Z'],
    ['15 1 * * *', 'America/New_York', '2027-11-07T05:15:00Z', '2027-11-07T06:15:00.000Z'],
    ['15 1 * * *', 'America/New_York', '2027-11-07T06:15:00Z', '2027-11-08T06:15:00.000Z'],
    // Either, not both: the 13th and each Friday.
    ['0 0 13 * 5', 'UTC', '2027-01-10T00:00:00Z', '2027-01-13T00:00:00.000Z'],
    ['0 0 13 * 5', 'UTC', '2027-01-13T00:00:00Z', '2027-01-15T00:00:00.000Z'],
    ['0 0 29 2 *', 'UTC', '2027-01-01T00:00:00Z', '2028-02-29T00:00:00.000Z'],
    ['* * * * *', 'Asia/Kathmandu', '2027-01-01T00:00:30Z', '2027-01-01T00:01:00.000Z'],
    ['0 8 * * *', 'europe/berlin', '2027-01-10T00:00:00Z', '2027-01-10T07:00:00.000Z'],
  ])('%s in %s after %s is %s', (cron, timeZone, after, expected) => {
    expect(next(cron, timeZone, after)).toBe(expected);
  });

  it('only ever goes forward', () => {
    for (const timeZone of ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Africa/Cairo']) {
      let time = new Date('2027-10-30T00:00:00Z');
      for (let count = 0; count < 300; count += 1) {
        const following = nextRunAfter({ cron: '*/20 * * * *', timeZone }, time);
        expect(following?.getTime()).toBeGreaterThan(time.getTime());
        time = following as Date;
      }
    }
  });
});

describe('temporalSpec', () => {
  it('splits what names both kinds of days, and writes the zone as the database does', () => {
    expect(temporalSpec({ cron: ' 0  2 * * *', timeZone: 'europe/BERLIN' })).toEqual({
      cronExpressions: ['0 2 * * *'],
      timezone: 'Europe/Berlin',
    });
    expect(temporalSpec({ cron: '0 0 13 * 5', timeZone: 'UTC' }).cronExpressions).toEqual([
      '0 0 13 * *',
      '0 0 * * 5',
    ]);
  });
});
