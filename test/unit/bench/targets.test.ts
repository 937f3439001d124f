// What a benchmark ends with: which targets were missed, and an exit code that says so.
import { describe, expect, it } from '@jest/globals';
import { identityTargets } from '../../../bench/identity-targets.ts';
import { atLeast, atMost, conclusion } from '../../../bench/targets.ts';

describe('conclusion', () => {
  it('names what was missed, and fails then alone', () => {
    const [met, missed] = [atLeast('first', 0.3, 0.3), atMost('second', 2.01, 2)];
    expect(conclusion([met, missed])).toEqual({
      text: 'Targets missed: second: 2.01 (≤ 2.00)',
      exitCode: 1,
    });
    expect(conclusion([met])).toEqual({ text: 'No target was missed.', exitCode: 0 });
    expect(conclusion([{ ...missed, verdict: 'within noise' }]).exitCode).toBe(0);
    expect(conclusion([]).exitCode).toBe(0);
  });
});

describe('identityTargets', () => {
  const report = (refresh: object, ...ofFirstPage: number[]) =>
    ({
      scenarios: ofFirstPage.map((times, index) => ({ name: `s${index}`, ofFirstPage: times })),
      refresh,
    }) as unknown as Parameters<typeof identityTargets>[0];
  const missed = (given: ReturnType<typeof report>) =>
    identityTargets(given)
      .filter(({ verdict }) => verdict === 'missed')
      .map(({ name }) => name);

  it('has the refresh and each way of asking but the first page', () => {
    const good = { full: { pace: 5_000 }, ratio: 0.3 };
    expect(missed(report(good, 9, 2, 1))).toEqual([]);
    expect(missed(report(good, 1, 2.1, 1))).toEqual(['s1: p99, of that of the first page']);
    expect(missed(report({ full: { pace: 4_999 }, ratio: 0.29 }, 1))).toEqual([
      'full refresh',
      'full refresh, of the pace of the UPDATE',
    ]);
  });
});
