// Turns Jest's results into the closing line `N passed, N failed`.

/** What is needed of the file that `jest --json` writes. */
export interface JestResults {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  /** Files that failed before any of their tests could run. */
  numRuntimeErrorTestSuites: number;
}

/**
 * The line, and whether the run counts as passed: nothing failed and something ran. A file that could not be
 * loaded counts as one failure. `null` (Jest died, or its set-up failed) is one failure.
 */
export function summarise(results: JestResults | null): { line: string; ok: boolean } {
  if (!results) return { line: '0 passed, 1 failed', ok: false };
  const passed = results.numPassedTests;
  const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
  const skipped = results.numPendingTests + results.numTodoTests;
  const line = `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
  return { line, ok: failed === 0 && passed > 0 };
}
