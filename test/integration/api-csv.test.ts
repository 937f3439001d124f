// Lists as CSV over HTTP.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import { createExportCursor } from '../../database/queries/export-cursor.ts';
import { sql } from '../../database/sql.ts';
import { startApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { insertConnection } from '../support/factories.ts';
import { insertSampleRows, type SampleRows } from '../support/sample-rows.ts';
import { until } from '../support/until.ts';

let database: TestDatabase;
let api: TestApi;
let ids: SampleRows['ids'];

beforeAll(async () => {
  database = await createTestDatabase();
  api = await startApi({ databaseUrl: database.url });
  ({ ids } = await insertSampleRows(api.database.pool));
});

afterAll(async () => {
  await api?.close();
  await database?.drop();
});

describe('CSV', () => {
  it('has all matching rows in one answer, whatever the page', async () => {
    const answer = await api.get('/api/users?format=csv&pageSize=1&department=it');
    expect(answer.headers.get('content-type')).toContain('text/csv');
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="users.csv"');
    const records = parse(answer.text, { columns: true }) as Record<string, string>[];
    expect(records.map((record) => record.displayName)).toEqual(['Ann Émile', 'bob brown']);
    expect(Object.keys(records[0] ?? {})).toEqual(
      Object.keys((await api.get(`/api/users/${ids.ann}`)).body.data),
    );
  });

  it('comes for Accept: text/csv, and not for */*', async () => {
    const asked = await api.get('/api/groups', { headers: { accept: 'text/csv' } });
    expect(asked.headers.get('content-type')).toContain('text/csv');
    expect(
      (await api.get('/api/groups', { headers: { accept: '*/*' } })).headers.get('content-type'),
    ).toContain('application/json');
  });

  /** Rows with long departments, so that an export is far larger than what sockets take in. */
  async function insertMany(count: number): Promise<string> {
    const connection = await insertConnection(api.database.pool);
    await api.database.pool.query('select create_partitions($1)', [connection]);
    await api.database.pool.query(
      `insert into directory_object (connection_id, source_id, object_class, reference_key, display_name, status, is_active,
         department, attributes, digest, first_seen_at, last_seen_at, updated_at)
       select $1, n::text, 'user', gen_random_uuid(), 'n' || (n % 100), 'active', true, repeat('d', 2000), '{}', '',
         now(), now(), now()
       from generate_series(1, $2::int) n`,
      [connection, count],
    );
    return connection;
  }

  const openExports = async () => {
    const { rows } = await api.database.pool.query(
      `select count(*)::int as n from pg_stat_activity
       where datname = current_database() and state like 'idle in transaction%' and query ilike 'fetch%'`,
    );
    return rows[0].n as number;
  };

  it('streams more rows than one batch, each once and in order', async () => {
    const connection = await insertMany(4_500);
    for (const sort of ['displayName', '-displayName']) {
      const answer = await api.get(`/api/users?format=csv&connectionId=${connection}&sort=${sort}`);
      const records = parse(answer.text, { columns: true }) as { id: string; displayName: string }[];
      expect(new Set(records.map(({ id }) => id)).size).toBe(4_500);
      const names = records.map(({ displayName }) => displayName);
      expect(names).toEqual(sort === 'displayName' ? names.toSorted() : names.toSorted().reverse());
    }
    const searched = await api.get(`/api/users?format=csv&connectionId=${connection}&search=n9`);
    expect(parse(searched.text, { columns: true })).toHaveLength(45 * 11);
    expect(await openExports()).toBe(0);
  });

  it('has the rows of one moment, and lets go of the database when its reader goes away', async () => {
    const connection = await insertMany(20_000);
    const token = await api.login();
    const open = async (signal?: AbortSignal) => {
      const response = await fetch(`${api.baseUrl}/api/users?format=csv&connectionId=${connection}`, {
        headers: { authorization: `Bearer ${token}` },
        ...(signal && { signal }),
      });
      expect(response.status).toBe(200);
      return response;
    };
    const whole = await open();
    await until('the export to wait for its reader', async () => (await openExports()) === 1);
    await api.database.pool.query(
      "update directory_object set display_name = 'changed meanwhile' where connection_id = $1",
      [connection],
    );
    const text = await whole.text();
    expect(text).not.toContain('changed meanwhile');
    expect(text.split('\r\n')).toHaveLength(20_002);
    await until('the transaction to end', async () => (await openExports()) === 0);
    const leaving = new AbortController();
    const cut = Array.from({ length: 4 }, () => open(leaving.signal));
    await Promise.all(cut);
    await until('the exports to wait for their readers', async () => (await openExports()) === 4);
    // What others ask for does not wait for those who read slowly; one more export does.
    expect((await api.get('/api/users?pageSize=1')).status).toBe(200);
    const fifth = await api.get('/api/users?format=csv');
    expect(fifth.status).toBe(503);
    expect(fifth.headers.get('retry-after')).toBe('5');
    leaving.abort();
    await until('the transactions to end', async () => (await openExports()) === 0);
    expect((await api.get('/api/groups?format=csv')).status).toBe(200);
    await api.database.pool.query('delete from directory_object where connection_id = $1', [connection]);
  });

  it('gives up a snapshot that nobody reads from', async () => {
    const cursor = createExportCursor(api.database.pool, { idleMs: 50 });
    const numbers = sql<{ n: number }>`select n from generate_series(1, ${5_000}::int) n`;
    expect(await cursor.batch(numbers)).toHaveLength(2_000);
    await until('the transaction to end', async () => (await openExports()) === 0);
    await expect(cursor.batch(numbers)).rejects.toThrow('given up');
  });

  it('answers wrong filters as every list does', async () => {
    const answer = await api.get('/api/users?format=csv&status=odd');
    expect(answer.status).toBe(400);
    expect(answer.body.details[0].path).toBe('query.status');
  });
});
