// Sees to it that whatever a benchmark starts is ended, also when it is interrupted while something starts.

/**
 * Runs `end` when the stack is disposed of. When that has happened already, `end` runs at once.
 * @throws Error in that case, so that nothing more is started.
 */
export async function endWith(stack: AsyncDisposableStack, end: () => Promise<void>): Promise<void> {
  if (!stack.disposed) {
    stack.defer(end);
    return;
  }
  await end();
  throw new Error('interrupted');
}

/** What waits for an answer that will not come is left behind after this. */
const PATIENCE_MS = 15_000;

/** On Ctrl-C and its like: disposes of the stack, lets `work` fail for want of it and clean up, and exits. */
export function exitOnSignals(stack: AsyncDisposableStack, work: Promise<unknown>): void {
  const exit = async () => {
    setTimeout(() => process.exit(130), PATIENCE_MS).unref();
    await stack.disposeAsync().catch(() => {});
    await work.catch(() => {});
    process.exit(130);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => void exit());
}
