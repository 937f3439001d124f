// The parts that a batch is worked on in: the next are read while one is computed and another written.

/** A first part is small, so that there is soon something to compute and to write. */
const FIRST = 500;
const LARGEST = 2_000;
/** Parts that are being read, or wait for whoever computes them. */
const AHEAD = 2;

/** Each has twice as many as the one before it, up to the largest. */
export function partsOf(ids: readonly string[]): string[][] {
  const parts: string[][] = [];
  for (let from = 0, size = FIRST; from < ids.length; size = Math.min(LARGEST, size * 2)) {
    parts.push(ids.slice(from, from + size));
    from += size;
  }
  return parts;
}

/** Answers with what was read of each part, in order. */
export async function* readAhead<Read>(
  parts: readonly string[][],
  read: (part: string[]) => Promise<Read>,
): AsyncGenerator<Read> {
  const begun: Promise<Read>[] = [];
  const begin = (part: string[] | undefined) => {
    if (!part) return;
    const reading = read(part);
    // Whoever asks for the answers may stop before anybody waits for this one.
    reading.catch(() => {});
    begun.push(reading);
  };
  for (const part of parts.slice(0, AHEAD)) begin(part);
  for (let index = 0; index < parts.length; index++) {
    const answer = await begun[index];
    begin(parts[index + AHEAD]);
    yield answer as Read;
  }
}
