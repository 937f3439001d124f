// Waits for something to become true, with a deadline: tests have no sleeps.
import { setTimeout as pause } from 'node:timers/promises';

/**
 * Asks `probe` until it answers with something other than undefined, false or null.
 * @throws Error naming `what` when `timeoutMs` have passed.
 */
export async function until<T>(
  what: string,
  probe: () => Promise<T | undefined | null | false> | T | undefined | null | false,
  timeoutMs = 60_000,
  everyMs = 50,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await probe();
    if (answer) return answer;
    if (Date.now() > deadline) throw new Error(`Waited ${timeoutMs} ms in vain for: ${what}`);
    await pause(everyMs);
  }
}
