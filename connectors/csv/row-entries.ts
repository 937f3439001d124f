// Turns rows into entries, and says of a row that cannot be taken which line it is and why.
import { dnKey } from '../../domain/distinguished-name.ts';
import type { Attributes, ReferenceKey, RejectedEntry, SourceEntry } from '../../domain/source-entry.ts';
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

/** Reads the rows of one file. */
export class RowReader {
  private readonly file: string;
  private readonly columns: Columns;
  private readonly separator: string | null;

  /** @param file the name, for messages. */
  constructor(options: { file: string; columns: Columns; separator: string | null }) {
    this.file = options.file;
    this.columns = options.columns;
    this.separator = options.separator;
  }

  /** The row as an entry, or why it is none. */
  read(row: CsvRow): { entry: SourceEntry } | { rejected: RejectedEntry } {
    const { cells, line } = row;
    const { columns } = this;
    const dnCell = columns.distinguishedName === null ? '' : (cells[columns.distinguishedName] ?? '').trim();
    const distinguishedName = dnCell === '' ? null : dnCell;
    const wrong = this.problem(row);
    if (wrong !== null) {
      return { rejected: rejectRow(this.file, line, wrong[0], wrong[1], distinguishedName) };
    }
    const key = (cells[columns.key] as string).trim();
    const objectClass =
      columns.objectClass === null ? 'user' : objectClassOf(cells[columns.objectClass] as string);
    const isGroup = objectClass === 'group';
    const members = columns.members === null ? [] : this.valuesOf(columns.members, cells);
    const { attributes, sideAttributes } = this.attributesOf(cells);
    if (!isGroup && members.length > 0) attributes[columns.members?.name as string] = members;
    return {
      entry: {
        sourceId: key,
        objectClass,
        distinguishedName,
        referenceKey: `id:${key}`,
        alternateKey: distinguishedName === null ? null : nameKey(distinguishedName),
        attributes,
        sideAttributes,
        memberAttribute: isGroup ? (columns.members?.name ?? 'member') : null,
        memberValues: isGroup ? members : [],
      },
    };
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
