// The pieces that a search asks its index for: few, and never such that an entry is missed.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { searchPieces } from '../../../domain/search-pieces.ts';

describe('searchPieces', () => {
  it.each([
    ['daniel.fischer.1', ['l.f', 'sch', 'r.1']],
    ['Fischer.12', ['Fis', 'r.12']],
    ['anna schmidt', ['anna s', 'chm']],
    ['anna  schmidt ', ['anna  s', 'chm', 't ']],
    ['u0001234 smith', ['u0001234 s', 'mit']],
    ['josé garcía maria', ['josé garcía m', 'ari']],
  ])('of %s', (term, pieces) => {
    expect(searchPieces(term)).toEqual(pieces);
  });

  it.each(['fischer', 'u0001234', '100%', 'a.b', 'anna lee', '山田 太郎', '', '...', 'x-fischer@example'])(
    '%j stays whole',
    (term) => {
      expect(searchPieces(term)).toEqual([term]);
    },
  );

  it('are found in their order in whatever contains the term', () => {
    const unit = fc.constantFrom('a', 'F', 'x', 'é', '1', '.', ' ', '-', '%', '山', 'K', '\u{1f600}');
    const text = fc.string({ unit, maxLength: 30 });
    fc.assert(
      fc.property(text, text, text, (before, term, after) => {
        const within = `${before}${term}${after}`;
        let at = 0;
        for (const piece of searchPieces(term)) {
          const found = within.indexOf(piece, at);
          expect(found).toBeGreaterThanOrEqual(0);
          at = found + piece.length;
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
