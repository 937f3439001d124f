// How far a read of CSV files has come: which part of it, and where in that part.
import type { ReadPosition } from '../../domain/read-position.ts';
import type { SourcePage } from '../../domain/source-entry.ts';
import { PositionLost } from '../connector.ts';
import type { SourceFile } from '../source-file.ts';

/** What a read brings, one part after the other; rows count by their lines, groups by their number. */
const PARTS = ['memberships', 'header', 'rows', 'held rows', 'groups', 'end'] as const;
export type CsvPart = (typeof PARTS)[number];

/**
 * Marks pages with positions, and knows what lies before the one that a read goes on from. A resumed read still goes
 * over what lies before it: only so does it know which keys have come, and which groups wait for their members. It
 * makes, compares and stores nothing of it, which is most of the work (ADR 24).
 */
export class CsvProgress {
  private readonly files: string;
  private readonly from: { part: number; at: number };

  /** @throws PositionLost when the position was made of other files, or of an earlier state of these. */
  constructor(files: (SourceFile | null)[], from: ReadPosition | null) {
    this.files = files.map((file) => file?.identity ?? '-').join(', ');
    this.from = { part: Number(from?.part ?? -1), at: Number(from?.at ?? -1) };
    if (from && from.files !== this.files) throw new PositionLost('the files have changed');
  }

  /** What counts more than this is still to be brought: a line, or a group's number. */
  behind(part: CsvPart): number {
    const index = PARTS.indexOf(part);
    if (index < this.from.part) return Number.POSITIVE_INFINITY;
    return index === this.from.part ? this.from.at : -1;
  }

  /** @param at the line or number that this page ends with */
  mark(page: SourcePage, part: CsvPart, at: number): SourcePage {
    return { ...page, position: { files: this.files, part: PARTS.indexOf(part), at } };
  }
}
