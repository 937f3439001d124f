// A seeded generator of random numbers, so that the same seed makes the same directory on every machine.

export interface Random {
  /** An integer in [0, below). */
  integer(below: number): number;
  /** One element of a list that is not empty. */
  pick<T>(values: readonly T[]): T;
  bytes(length: number): Buffer;
}

/** sfc32 (Chris Doty-Humphrey's Small Fast Counter), 128 bits of state, warmed up from one 32-bit seed. */
export function createRandom(seed: number): Random {
  let a = 0x9e3779b9;
  let b = 0x243f6a88;
  let c = seed | 0;
  let counter = 1;
  const next = (): number => {
    const t = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + t;
    c |= 0;
    return t >>> 0;
  };
  for (let round = 0; round < 15; round += 1) next();
  const integer = (below: number) => Math.floor((next() / 2 ** 32) * below);
  return {
    integer,
    pick: (values) => values[integer(values.length)] as (typeof values)[number],
    bytes: (length) => Buffer.from(Array.from({ length }, () => next() & 255)),
  };
}

/** `count` different integers in [0, below), in an order that looks random, without remembering any. */
export function* distinctIntegers(random: Random, count: number, below: number): Generator<number> {
  let step = below > 2 ? 1 + random.integer(below - 1) : 1;
  while (greatestCommonDivisor(step, below) !== 1) step = (step % (below - 1)) + 1;
  let value = random.integer(below);
  for (let taken = 0; taken < Math.min(count, below); taken += 1) {
    yield value;
    value = (value + step) % below;
  }
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
