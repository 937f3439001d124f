// Persons and identity profiles for tests that read them, as correlation and refresh would have left them.
import { randomUUID } from 'node:crypto';
import type pg from 'pg';

type Columns = Record<string, unknown>;

async function insert(pool: pg.Pool, table: string, columns: Columns): Promise<string> {
  const names = Object.keys(columns);
  const places = names.map((_, index) => `$${index + 1}`);
  const { rows } = await pool.query(
    `insert into ${table} (${names.join(', ')}) values (${places.join(', ')}) returning id`,
    Object.values(columns),
  );
  return rows[0].id;
}

/** A correlated person; `columns` are those of the table. */
export function insertPerson(pool: pg.Pool, columns: Columns = {}): Promise<string> {
  return insert(pool, 'person', { display_name: 'Somebody', correlated: true, ...columns });
}

export function insertIdentityProfile(
  pool: pg.Pool,
  connectionId: string,
  columns: Columns = {},
): Promise<string> {
  return insert(pool, 'identity_profile', {
    name: `profile ${randomUUID()}`,
    priority: 10,
    connection_id: connectionId,
    identity_attribute_config: { enabled: true, attributeTransforms: [] },
    ...columns,
  });
}
