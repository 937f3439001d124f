// How long a message that was not taken waits for its next attempt.

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** After the first attempt, the second, …: the times that the Standard Webhooks specification recommends. */
const DELAYS = [
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
];
/** Up to this share is added, so that what failed together is not tried together for ever. */
const JITTER = 0.1;

/** Milliseconds until the next attempt after `attempts`; null after the last, three days later. `random` is 0 to 1. */
export function retryDelay(attempts: number, random = Math.random()): number | null {
  const delay = DELAYS[attempts - 1];
  return delay === undefined ? null : Math.round(delay * (1 + JITTER * random));
}
