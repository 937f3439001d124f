// A new id, made by the database as every id is, for rows whose content depends on it.
import { type Queryable, runOne, sql } from '../sql.ts';

/** A UUID of version 7. */
export async function newId(on: Queryable): Promise<string> {
  const row = await runOne<{ id: string }>(on, sql`select uuidv7() as id`);
  if (!row) throw new Error('newId: no row');
  return row.id;
}
