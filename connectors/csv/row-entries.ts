// Turns rows into entries, and says of a row that cannot be taken which line it is and why.
import { dnKey } from '../../domain/distinguished-name.ts';
import type {
  Attributes,
  ReadEntry,
  ReferenceKey,
  RejectedEntry,
  SourceEntry,
} from '../../domain/source-entry.ts';
import { digestText, rulesDigest } from '../entry-digest.ts';
import { type Column, type Columns, objectClassOf } from './columns.ts';
import type { CsvRow } from './rows.ts';

/** The key by which a value that names another entry is compared. */
export function csvReferenceKey(value: string, hasNames: boolean): ReferenceKey | null {
  const text = value.trim();
  if (text === '') return null;
  if (hasNames && text.includes('=')) {
    const key = nameKey(text);
    if (key !== null) return key;
  }
  return `id:${text}`;
}

function nameKey(name: string): ReferenceKey | null {
  try {
    const key = dnKey(name);
    return key === '' ? null : `dn:${key}`;
  } catch {
    return null;
  }
}

export function rejectRow(
  file: string,
  line: number,
  code: RejectedEntry['code'],
  reason: string,
  distinguishedName: string | null = null,
): RejectedEntry {
  return { distinguishedName, code, message: `Line ${line} of '${file}' was not taken: ${reason}.` };
}

/** What an entry is made of. */
export interface KeyedRow {
  key: string;
  objectClass: string;
  /** As they were read, but empty where nothing is read. */
  cells: string[];
}

/** A row that can be taken: who it is, before anything is made of the rest. */
export interface IdentifiedRow extends KeyedRow {
  distinguishedName: string | null;
  /** The line it ends on. */
  line: number;
}

/** An entry of a row, and of the members that another file has for it. */
class UndecodedRow implements ReadEntry {
  readonly sourceId: string;
  readonly objectClass: string;
  readonly digest: string;
  private readonly reader: RowReader;
  private readonly cells: string[];
  private readonly joined: string[] | null;

  constructor(reader: RowReader, row: KeyedRow, digest: string, joined: string[] | null) {
    this.sourceId = row.key;
    this.objectClass = row.objectClass;
    this.digest = digest;
    this.reader = reader;
    this.cells = row.cells;
    this.joined = joined;
  }

  decode(): { entry: SourceEntry } {
    return { entry: this.reader.decode(this.cells, this.joined) };
  }
}

/** Reads the rows of one file. */
export class RowReader {
  private readonly file: string;
  private readonly columns: Columns;
  private readonly separator: string | null;
  /** Digest of all that decides what is made of a row's cells. */
  private readonly rules: string;

  /** @param file the name, for messages. */
  constructor(options: { file: string; columns: Columns; separator: string | null }) {
    this.file = options.file;
    this.columns = options.columns;
    this.separator = options.separator;
    this.rules = rulesDigest([options.columns, options.separator]);
  }

  /** Whose row it is, or why it is nobody's. The row is not to be used any more. */
  identify(row: CsvRow): IdentifiedRow | { rejected: RejectedEntry } {
    const { cells, line } = row;
    const { columns } = this;
    const distinguishedName = this.nameIn(cells);
    const wrong = this.problem(row);
    if (wrong !== null) {
      return { rejected: rejectRow(this.file, line, wrong[0], wrong[1], distinguishedName) };
    }
    // So that no secret is kept, digested or written to a temporary file.
    for (const index of columns.unread) cells[index] = '';
    const key = (cells[columns.key] as string).trim();
    return { key, objectClass: this.classOf(cells), distinguishedName, cells, line };
  }

  /** @param joined the members that another file has for it, in an order that does not depend on that file's. */
  entry(row: KeyedRow, joined: string[] | null = null): ReadEntry {
    const text = JSON.stringify(row.cells) + (joined === null ? '' : JSON.stringify(joined));
    return new UndecodedRow(this, row, digestText(this.rules, text), joined);
  }

  /** Makes an entry of an identified row's cells. */
  decode(cells: string[], joined: string[] | null): SourceEntry {
    const { columns } = this;
    const distinguishedName = this.nameIn(cells);
    const key = (cells[columns.key] as string).trim();
    const objectClass = this.classOf(cells);
    const isGroup = objectClass === 'group';
    const members = columns.members === null ? [] : this.valuesOf(columns.members, cells);
    const { attributes, sideAttributes } = this.attributesOf(cells);
    if (!isGroup && members.length > 0) attributes[columns.members?.name as string] = members;
    return {
      sourceId: key,
      objectClass,
      distinguishedName,
      referenceKey: `id:${key}`,
      alternateKey: distinguishedName === null ? null : nameKey(distinguishedName),
      attributes,
      sideAttributes,
      memberAttribute: isGroup ? (columns.members?.name ?? 'member') : null,
      memberValues: isGroup ? (joined === null ? members : [...new Set([...members, ...joined])]) : [],
    };
  }

  private nameIn(cells: string[]): string | null {
    const { distinguishedName } = this.columns;
    return (distinguishedName === null ? undefined : cells[distinguishedName]?.trim()) || null;
  }

  private classOf(cells: string[]): string {
    const { objectClass } = this.columns;
    return objectClass === null ? 'user' : objectClassOf(cells[objectClass] as string);
  }

  private attributesOf(cells: string[]): Pick<SourceEntry, 'attributes' | 'sideAttributes'> {
    const attributes: Attributes = {};
    const sideAttributes: Attributes = {};
    for (const column of this.columns.attributes) {
      const values = this.valuesOf(column, cells);
      if (values.length > 0) (column.side ? sideAttributes : attributes)[column.name] = values;
    }
    return { attributes, sideAttributes };
  }

  private valuesOf(column: Column, cells: string[]): string[] {
    const { separator } = this;
    const cell = cells[column.index] as string;
    if (cell === '') return [];
    if (!column.splits || separator === null || !cell.includes(separator)) return [cell];
    return cell
      .split(separator)
      .map((value) => value.trim())
      .filter((value) => value !== '');
  }

  private problem({ cells }: CsvRow): [RejectedEntry['code'], string] | null {
    const { columns } = this;
    if (cells.length !== columns.width) {
      return ['malformed_row', `it has ${cells.length} values, the header has ${columns.width}`];
    }
    if (cells.some((cell) => cell.includes('\0'))) return ['undecodable', 'it holds a NUL character'];
    if ((cells[columns.key] as string).trim() === '') return ['no_key', 'its key column is empty'];
    if (columns.objectClass !== null && (cells[columns.objectClass] as string).trim() === '') {
      return ['malformed_row', 'its class column is empty'];
    }
    return null;
  }
}
