// The pace of a run, as it is worked out of samples.
import { describe, expect, it } from '@jest/globals';
import { type PaceSample, paceOf } from '../../../bench/pace.ts';

/** `total` done, one sample each 100, at so many seconds a 100. */
function samplesOf(total: number, secondsAt: (done: number) => number): PaceSample[] {
  const samples = [{ seconds: 1_000, done: 0 }];
  for (let done = 100; done <= total; done += 100)
    samples.push({ seconds: (samples.at(-1)?.seconds ?? 0) + secondsAt(done), done });
  return samples;
}

describe('the pace of a run', () => {
  it('is told for each tenth, and for the end beside the start', () => {
    const slower = paceOf(
      samplesOf(10_000, (done) => (done > 9_000 ? 0.03 : 0.02)),
      10_000,
    );
    expect(slower?.tenths).toHaveLength(10);
    expect(slower?.tenths[0]).toBeCloseTo(200, 3);
    expect(slower?.tenths[9]).toBeCloseTo(300, 3);
    expect(slower?.endOfStart).toBeCloseTo(1.5, 3);
  });

  it('looks at no more than was asked for, and lies evenly between samples', () => {
    const people = paceOf(
      samplesOf(10_000, (done) => (done > 8_000 ? 1 : 0.01)),
      7_550,
    );
    expect(people?.tenths.every((milliseconds) => Math.abs(milliseconds - 100) < 0.001)).toBe(true);
  });

  it('is told in objects where batches were counted', () => {
    const pace = paceOf(
      Array.from({ length: 101 }, (_, done) => ({ seconds: done, done })),
      100,
      500_000,
    );
    expect(pace?.tenths[0]).toBeCloseTo(200, 3);
  });

  it('is not told of too few samples, or of a run that did not get there', () => {
    const samples = samplesOf(10_000, () => 1);
    expect(paceOf(samples.slice(0, 20), 1_000)).toBeNull();
    expect(paceOf(samples, 10_001)).toBeNull();
  });
});
