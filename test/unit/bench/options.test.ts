// The benchmarks' command line and figures.
import { describe, expect, it } from '@jest/globals';
import { parseBenchOptions } from '../../../bench/options.ts';
import { selfTimes } from '../../../bench/profile.ts';
import { median } from '../../../bench/statistics.ts';

describe('the command line of the benchmarks', () => {
  it('has defaults', () => {
    expect(parseBenchOptions(['sync'])).toEqual({
      command: 'sync',
      users: 100_000,
      runs: 3,
      json: false,
      profile: null,
    });
    expect(parseBenchOptions(['api', '--users', '500', '--json', '--seconds', '2', '--runs', '1'])).toEqual({
      command: 'api',
      users: 500,
      runs: 1,
      json: true,
      seconds: 2,
      profile: null,
    });
    expect(parseBenchOptions(['active-directory'])).toEqual({
      command: 'active-directory',
      users: 4_000,
      runs: 3,
      json: false,
    });
    expect(parseBenchOptions(['identities'])).toEqual({
      command: 'identities',
      users: 100_000,
      runs: 3,
      json: false,
      seconds: 5,
    });
    expect(parseBenchOptions(['sync', '--help'])).toEqual({ command: 'help' });
  });

  it.each([
    [[], 'Which benchmark?'],
    [['disk'], 'Unknown benchmark "disk"'],
    [['sync', 'api'], 'Unexpected "api"'],
    [['sync', '--user', '5'], "Unknown option '--user'"],
    [['sync', '--users', 'many'], '--users must be a whole number'],
    [['sync', '--users', '1'], '--users must be a whole number from 40'],
    [['api', '--runs', '0'], '--runs must be a whole number from 1'],
    [['sync', '--seconds', '3'], '--seconds belongs to the benchmarks api and identities'],
    [['active-directory', '--profile', '.'], '--profile belongs to the benchmarks sync and api'],
    [['identities', '--profile', '.'], '--profile belongs to the benchmarks sync and api'],
    [['active-directory', '--users', '99'], '--users must be a whole number from 100'],
  ])('refuses %j', (parameters, message) => {
    expect(() => parseBenchOptions(parameters)).toThrow(message);
  });
});

describe('the figures', () => {
  it('takes the middle of three and the mean of the middle two of four', () => {
    expect(median([9, 1, 4])).toBe(4);
    expect(median([9, 1, 4, 2])).toBe(3);
    expect(() => median([])).toThrow('no values');
  });

  it('sums self time by place', () => {
    const frame = (functionName: string, url = '') => ({ functionName, url, lineNumber: 9 });
    const profile = {
      nodes: [
        { id: 1, callFrame: frame('read', 'file:///app/reader.ts') },
        { id: 2, callFrame: frame('(idle)') },
        { id: 3, callFrame: frame('read', 'file:///app/reader.ts') },
      ],
      samples: [1, 2, 3, 3],
      timeDeltas: [1_000_000, 1_000_000, 1_000_000, 1_000_000],
    };
    expect(selfTimes(profile)).toEqual([
      { place: 'read (reader.ts:10)', seconds: 3, share: 0.75 },
      { place: '(idle)', seconds: 1, share: 0.25 },
    ]);
  });
});
