// Shows rows to people, in columns, with nothing in them that could steer the terminal.

/** A heading and the cell below it for each row. */
export type Column<Row> = [heading: string, cell: (row: Row) => string | number | null];

/** Rows below headings; a sentence instead where there are none. */
export function textTable<Row>(rows: Row[], columns: Column<Row>[]): string {
  if (rows.length === 0) return '(none)';
  const cells = [
    columns.map(([heading]) => heading),
    ...rows.map((row) => columns.map(([, cell]) => safeText(String(cell(row) ?? '-')))),
  ];
  return align(cells);
}

/** Names and their values, a line each; those without a value are left out. */
export function textList(pairs: [name: string, value: string | number | null][]): string {
  return align(
    pairs.filter(([, value]) => value !== null).map(([name, value]) => [name, safeText(String(value))]),
  );
}

function align(lines: string[][]): string {
  const widths = (lines[0] ?? []).map((_, column) =>
    Math.max(...lines.map((line) => [...(line[column] ?? '')].length)),
  );
  return lines
    .map((line) =>
      line
        .map((cell, column) => pad(cell, widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function pad(cell: string, width: number): string {
  return cell + ' '.repeat(width - [...cell].length);
}

/** Names come from directories: control and direction characters in them are shown as �, not obeyed. */
export function safeText(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu, '\ufffd');
}

/** A time as the API sends it, to the second. */
export function shortTime(time: string | null): string | null {
  return time && `${time.slice(0, 19).replace('T', ' ')}Z`;
}

/** Milliseconds as people read them. */
export function duration(milliseconds: number | null): string | null {
  if (milliseconds === null) return null;
  const seconds = Math.round(milliseconds / 1_000);
  if (seconds < 60) return `${(milliseconds / 1_000).toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
