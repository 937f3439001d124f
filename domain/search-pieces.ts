// Which pieces of a search term its index is asked for: of a full name a few, since the index walks through all entries
// that have any of them, and two common names have a dozen common pieces.

/**
 * Characters that the index takes for a letter, so that its pieces lead from one word to the next: few entries have the
 * end of one name before the beginning of another.
 */
export const JOINING = ' .';
/** What it takes each of them for: a letter in every locale, and one that few words have. */
export const JOINED = 'qq';

/** Letters as they come in names, the common ones first. */
const COMMON_FIRST = 'aenirlosthmdckbugjyvpwfzxq';
/** The index has pieces of three characters. */
const PIECE = 3;
const JOINT = new RegExp(`([${JOINING}])`);
/** Long enough for a piece between its first and last letter. Digits say more than letters: numbers stay whole. */
const LONG_WORD = /^[A-Za-z]{5,}$/;

/**
 * The pieces of a term, in their order. Of several words, the long ones lose what lies between their ends, but for the
 * rarest piece of the term. Whatever contains the term contains its pieces; not the other way round.
 */
export function searchPieces(term: string): string[] {
  // Words at even places, what joins them at odd ones.
  const parts = term.split(JOINT);
  const inner = parts.map((part, at) =>
    parts.length > 1 && LONG_WORD.test(part)
      ? part.slice(at > 0 ? 1 : 0, at < parts.length - 1 ? -1 : undefined)
      : '',
  );
  const kept = rarest(inner.flatMap(piecesOf));
  if (kept === undefined) return [term];
  const pieces = [''];
  for (const [at, part] of parts.entries()) {
    const cut = inner[at] ?? '';
    if (cut === '') {
      pieces.push(`${pieces.pop()}${part}`);
      continue;
    }
    const start = part.indexOf(cut);
    pieces.push(`${pieces.pop()}${part.slice(0, start)}`);
    if (cut.includes(kept)) pieces.push(kept);
    pieces.push(part.slice(start + cut.length));
  }
  return pieces.filter((piece) => piece !== '');
}

function piecesOf(word: string): string[] {
  return Array.from({ length: Math.max(0, word.length - PIECE + 1) }, (_, at) => word.slice(at, at + PIECE));
}

/** The piece that the fewest names will have; the first of several. */
function rarest(pieces: string[]): string | undefined {
  const rarity = (piece: string) =>
    [...piece.toLowerCase()].reduce((sum, letter) => sum + COMMON_FIRST.indexOf(letter), 0);
  return pieces.toSorted((one, other) => rarity(other) - rarity(one))[0];
}
