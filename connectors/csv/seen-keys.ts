// Notices keys that come twice, in memory that does not grow with the file.

/** Bits a key when the file is as large as foreseen; one key in some hundred thousand is suspected wrongly then. */
const BITS_PER_KEY = 24;
const PROBES = 8;
const MAX_BYTES = 16 << 20;

function hash(text: string, seed: number): number {
  let value = seed;
  for (let at = 0; at < text.length; at += 1) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  value ^= value >>> 16;
  value = Math.imul(value, 0x85ebca6b);
  value ^= value >>> 13;
  value = Math.imul(value, 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}

/**
 * A Bloom filter: it never takes a key that was seen for new, and rarely a new one for seen. Whoever uses it
 * looks the suspected ones up exactly.
 */
export class SeenKeys {
  private readonly words: Uint32Array;
  private readonly bits: number;

  /** @param expected how many keys are foreseen; 16 MiB are the most it takes, enough for several millions. */
  constructor(expected: number) {
    const bytes = Math.min(MAX_BYTES, Math.max(1024, Math.ceil((expected * BITS_PER_KEY) / 8)));
    this.words = new Uint32Array(Math.ceil(bytes / 4));
    this.bits = this.words.length * 32;
  }

  /** Adds a key; true when it may have been there before, false when it certainly was not. */
  add(key: string): boolean {
    const first = hash(key, 0x811c9dc5);
    const step = (hash(key, 0x9747b28c) | 1) >>> 0;
    let seen = true;
    for (let probe = 0; probe < PROBES; probe += 1) {
      const bit = (first + probe * step) % this.bits;
      const word = bit >>> 5;
      const mask = 1 << (bit & 31);
      const before = this.words[word] as number;
      if ((before & mask) === 0) {
        seen = false;
        this.words[word] = before | mask;
      }
    }
    return seen;
  }
}
