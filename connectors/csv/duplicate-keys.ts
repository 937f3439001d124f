// Holds rows back whose key may have come before, until the file has been read once and they can be told apart.
import { AppError } from '../../domain/app-error.ts';
import { SeenKeys } from './seen-keys.ts';

/** More suspected rows than this are not kept in memory: the column is no key. */
const MAX_SUSPECTS = 200_000;
/** Bytes that a row has at least, roughly: it decides how large the filter is. */
const BYTES_PER_ROW = 48;

export type Verdict =
  /** Not a row that was held back. */
  { kind: 'done' } | { kind: 'take' } | { kind: 'duplicate'; firstLine: number };

export class DuplicateKeys {
  private readonly seen: SeenKeys;
  private readonly suspects = new Map<string, { firstLine: number | null }>();
  private readonly heldLines = new Set<number>();
  private readonly column: string;

  /** @param size of the file, in bytes. */
  constructor(size: number, column: string) {
    this.seen = new SeenKeys(Math.ceil(size / BYTES_PER_ROW));
    this.column = column;
  }

  /**
   * First pass: true when the row is held back.
   * @throws AppError `malformed_file` when far too many keys repeat.
   */
  holds(key: string, line: number): boolean {
    if (!this.seen.add(key)) return false;
    if (!this.suspects.has(key)) this.suspects.set(key, { firstLine: null });
    this.heldLines.add(line);
    if (this.heldLines.size > MAX_SUSPECTS) {
      throw new AppError(
        'malformed_file',
        `The column '${this.column}' is no key: too many rows have the same value.`,
      );
    }
    return true;
  }

  /** Whether a second pass is needed at all. */
  get hasSuspects(): boolean {
    return this.heldLines.size > 0;
  }

  /** Second pass, the same rows in the same order: what becomes of each. */
  judge(key: string, line: number): Verdict {
    const suspect = this.suspects.get(key);
    if (suspect === undefined) return { kind: 'done' };
    if (suspect.firstLine !== null) return { kind: 'duplicate', firstLine: suspect.firstLine };
    suspect.firstLine = line;
    return this.heldLines.has(line) ? { kind: 'take' } : { kind: 'done' };
  }
}
