// The closing line of a test run says what happened, and nothing counts as passed that ran nothing.
import { describe, expect, it } from '@jest/globals';
import { type JestResults, summarise } from '../../../tools/test-summary.ts';

const results = (some: Partial<JestResults>): JestResults => ({
  numPassedTests: 0,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  numRuntimeErrorTestSuites: 0,
  ...some,
});

describe('summarise', () => {
  it.each([
    [results({ numPassedTests: 12 }), '12 passed, 0 failed', true],
    [results({ numPassedTests: 12, numPendingTests: 3 }), '12 passed, 0 failed, 3 skipped', true],
    [results({ numPassedTests: 12, numFailedTests: 1 }), '12 passed, 1 failed', false],
    [results({ numPassedTests: 12, numRuntimeErrorTestSuites: 2 }), '12 passed, 2 failed', false],
    [results({ numPendingTests: 4 }), '0 passed, 0 failed, 4 skipped', false],
    [null, '0 passed, 1 failed', false],
  ])('%j gives %s', (given, line, ok) => {
    expect(summarise(given)).toEqual({ line, ok });
  });
});
