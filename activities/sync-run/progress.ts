// How the steps share the percentage that a run shows.

const SHARES = { read: [2, 55], merge: [55, 75], memberships: [75, 92], cleanup: [92, 99] } as const;

/** Percent of the whole run when `fraction` (0–1) of `step` is done. */
export function percentOf(step: keyof typeof SHARES, fraction: number): number {
  const [from, to] = SHARES[step];
  return from + (to - from) * Math.min(1, Math.max(0, fraction));
}

/** The part of a read that is done; a first read has nothing to go by, so it nears the end without reaching it. */
export function readFraction(read: number, expected: number): number {
  return expected > 0 ? read / expected : 1 - 1 / (1 + read / 10_000);
}
