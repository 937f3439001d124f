// Chance, handed in: an evaluation with the same source of randomness gives the same values.
import { randomInt, randomUUID } from 'node:crypto';

export interface RandomSource {
  /** A whole number from 0 to below `limit`. */
  below(limit: number): number;
  /** A UUID, version 4. */
  uuid(): string;
}

/** Randomness fit for passwords, from the operating system. */
export const SECURE_RANDOM: RandomSource = { below: (limit) => randomInt(limit), uuid: () => randomUUID() };
