// Finds what a misspelt name may have meant.

/** Of the names the one that is most like it: but for case and marks the same, or with a third of its letters wrong at most. */
export function nearName(wanted: string, names: readonly string[]): string | undefined {
  const plain = plainName(wanted);
  let nearest: { name: string; distance: number } | undefined;
  for (const name of names) {
    const other = plainName(name);
    const most = Math.floor(Math.max(plain.length, other.length) / 3);
    if (Math.abs(plain.length - other.length) > most) continue;
    const distance = editDistance(plain, other);
    if (distance <= most && distance < (nearest?.distance ?? Number.POSITIVE_INFINITY))
      nearest = { name, distance };
  }
  return nearest?.name;
}

/** Longer names than anybody gives are cut: the comparison takes the product of their lengths. */
const MOST_CHARACTERS = 100;

function plainName(name: string): string {
  return name
    .slice(0, MOST_CHARACTERS)
    .toLowerCase()
    .replace(/[\s._-]/g, '');
}

/** Letters to add, leave out, replace or swap with their neighbour (the optimal string alignment distance). */
function editDistance(one: string, other: string): number {
  let before: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i++) {
    const row = [i];
    for (let j = 1; j <= other.length; j++) {
      const same = one[i - 1] === other[j - 1];
      const swapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
      row[j] = Math.min(
        (last[j] as number) + 1,
        (row[j - 1] as number) + 1,
        (last[j - 1] as number) + (same ? 0 : 1),
        swapped ? (before[j - 2] as number) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    [before, last] = [last, row];
  }
  return last[other.length] as number;
}
