// What changes with every change of a row that has updated_at, for entity tags.
import { type RawBuilder, sql } from '../sql.ts';

/** Microseconds since 1970. @param table as the statement names it */
export function rowVersion(table: string): RawBuilder<string> {
  return sql<string>`(extract(epoch from ${sql.ref(`${table}.updated_at`)}) * 1000000)::bigint::text`;
}
