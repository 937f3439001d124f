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

export interface RowReader {
  /** The row as an entry, or why it is none. */
  read(row: CsvRow): { entry: SourceEntry } | { rejected: RejectedEntry };
}

/** Reads the rows of one file. `membershipFile`: groups get their members from another file as well. */
export function createRowReader(options: {
  file: string;
  columns: Columns;
  separator: string | null;
}): RowReader {
  const { file, columns, separator } = options;

  const valuesOf = (column: Column, cell: string): string[] => {
    if (cell === '') return [];
    if (!column.splits || separator === null || !cell.includes(separator)) return [cell];
    return cell
      .split(separator)
      .map((value) => value.trim())
      .filter((value) => value !== '');
  };

  const problem = ({ cells }: CsvRow): [RejectedEntry['code'], string] | null => {
    if (cells.length !== columns.width) {
      return ['malformed_row', `it has ${cells.length} values, the header has ${columns.width}`];
    }
    if (cells.some((cell) => cell.includes('\0'))) return ['undecodable', 'it holds a NUL character'];
    if ((cells[columns.key] as string).trim() === '') return ['no_key', 'its key column is empty'];
    if (columns.objectClass !== null && (cells[columns.objectClass] as string).trim() === '') {
      return ['malformed_row', 'its class column is empty'];
    }
    return null;
  };

  return {
    read(row) {
      const { cells, line } = row;
      const dnCell =
        columns.distinguishedName === null ? '' : (cells[columns.distinguishedName] ?? '').trim();
      const distinguishedName = dnCell === '' ? null : dnCell;
      const wrong = problem(row);
      if (wrong !== null) return { rejected: rejectRow(file, line, wrong[0], wrong[1], distinguishedName) };
      const attributes: Attributes = {};
      const sideAttributes: Attributes = {};
      for (const column of columns.attributes) {
        const values = valuesOf(column, cells[column.index] as string);
        if (values.length > 0) (column.side ? sideAttributes : attributes)[column.name] = values;
      }
      const key = (cells[columns.key] as string).trim();
      const objectClass =
        columns.objectClass === null ? 'user' : objectClassOf(cells[columns.objectClass] as string);
      const { members } = columns;
      const isGroup = objectClass === 'group';
      if (!isGroup && members !== null) {
        const values = valuesOf(members, cells[members.index] as string);
        if (values.length > 0) attributes[members.name] = values;
      }
      return {
        entry: {
          sourceId: key,
          objectClass,
          distinguishedName,
          referenceKey: `id:${key}`,
          alternateKey: distinguishedName === null ? null : nameKey(distinguishedName),
          attributes,
          sideAttributes,
          memberAttribute: isGroup ? (members?.name ?? 'member') : null,
          memberValues: isGroup && members !== null ? valuesOf(members, cells[members.index] as string) : [],
        },
      };
    },
  };
}
