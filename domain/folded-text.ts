// Folds text the way directories compare it, so that equal values become equal strings.

// RFC 4518 section 2.2: these code points mean nothing in a comparison.
const NOTHING =
  // biome-ignore-start lint/suspicious/noControlCharactersInRegex: RFC 4518 names control characters.
  // biome-ignore-start lint/suspicious/noMisleadingCharacterClass: and single joiners and variation selectors.
  /[\u0000-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f\u00ad\u034f\u06dd\u070f\u1806\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2063\u206a-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffc]|\u{1d173}|\u{e0001}/gu;
// biome-ignore-end lint/suspicious/noControlCharactersInRegex: .
// biome-ignore-end lint/suspicious/noMisleadingCharacterClass: .
const SPACES = /[\s\u0085]+/gu;
// Only text without anything to fold but capitals takes the short way; DEL and control characters do not.
const PLAIN = /^[\x20-\x7e]*$/;
const UNTIDY = /^ | {2}| $/;

/**
 * Prepares a value for comparison by caseIgnoreMatch (RFC 4517 section 4.2.11, prepared as RFC 4518 section 2
 * says): lower case, NFKC, every run of white space one space, none at either end, ignorable characters dropped.
 * Folding what is folded changes nothing.
 */
export function foldText(text: string): string {
  if (PLAIN.test(text)) {
    const lower = text.toLowerCase();
    return UNTIDY.test(lower) ? lower.replace(/ +/g, ' ').trim() : lower;
  }
  let folded = text;
  // Lower case can bring up characters that NFKC composes, and the other way round; two rounds settle it.
  for (let round = 0; round < 4; round += 1) {
    const before = folded;
    folded = folded.replace(NOTHING, '').normalize('NFKC').toLowerCase().replaceAll('ς', 'σ');
    folded = folded.normalize('NFKC').replace(SPACES, ' ').trim();
    if (folded === before) break;
  }
  return folded;
}
