// Runs reads whose rows are answers already: times come as RFC 3339 text and counts as numbers.
import { createHash } from 'node:crypto';
import pg from 'pg';
import { compileStatement, type Queryable, type RawBuilder } from '../sql.ts';

const parseText = pg.types.getTypeParser;
const { INT8, TIMESTAMPTZ, NUMERIC } = pg.types.builtins;

/** `2026-11-22 18:46:46.123456+00` → `2026-11-22T18:46:46.123Z`; other zones and eras through Date. */
export function toRfc3339(value: string): string {
  if (value.length >= 22 && value.endsWith('+00') && value.charCodeAt(10) === 32) {
    const end = value.length - 3;
    const fraction = end > 20 ? value.slice(20, end).padEnd(3, '0').slice(0, 3) : '000';
    return `${value.slice(0, 10)}T${value.slice(11, 19)}.${fraction}Z`;
  }
  return (parseText(TIMESTAMPTZ)(value) as Date).toISOString();
}

// Dates are text at once: making a Date of each and text of that again took a fifth of a list's time.
const types = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    if (oid === TIMESTAMPTZ) return toRfc3339;
    if (oid === INT8 || oid === NUMERIC) return Number;
    return parseText(oid, format as 'text');
  },
} as pg.CustomTypesConfig;

export interface ReadOptions {
  /** Whether the server should keep the statement's plan; see `readRows`. */
  keepPlan?: boolean;
  /** That one plan is the best for all values: a text with parameters keeps its plan too. */
  anyValues?: boolean;
  /** How long the answer may take where that is not what the pool says, in milliseconds. */
  timeoutMs?: number;
}

/**
 * Sends one parametrised read and answers with its rows; columns are named as the answer names them.
 * With `keepPlan`, each connection parses and plans the statement once, which is half of what a list's first
 * page costs. It is for texts of which there are few, each takes memory in each connection; and without
 * parameters (or with `anyValues`), since a kept plan knows no values.
 */
export async function readRows<Row>(
  on: Queryable,
  statement: RawBuilder<Row>,
  options: ReadOptions = {},
): Promise<Row[]> {
  const { sql: text, parameters } = compileStatement(statement);
  const keepPlan = options.keepPlan && (options.anyValues || parameters.length === 0);
  const name = keepPlan ? nameOf(text) : undefined;
  const query = { name, text, values: [...parameters], types, query_timeout: options.timeoutMs };
  const result = await (on as pg.Pool).query(query);
  return result.rows as Row[];
}

const names = new Map<string, string>();

/** A name for a statement's text, short enough for PostgreSQL's 63 bytes. */
function nameOf(text: string): string {
  let name = names.get(text);
  if (name === undefined) {
    name = `read_${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
    names.set(text, name);
  }
  return name;
}

/** As `readRows`, for reads of at most one row. */
export async function readRow<Row>(
  on: Queryable,
  statement: RawBuilder<Row>,
  options: ReadOptions = {},
): Promise<Row | undefined> {
  return (await readRows(on, statement, options))[0];
}
