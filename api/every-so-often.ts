// Work that a sweep does less often than it sweeps.

/** Does the work at once, and then again when it failed or `everyMs` milliseconds have passed. */
export function everySoOften(everyMs: number, work: () => Promise<boolean>): () => Promise<void> {
  let doneAt = Number.NEGATIVE_INFINITY;
  return async () => {
    if (performance.now() - doneAt < everyMs) return;
    if (await work()) doneAt = performance.now();
  };
}
