// Lists as CSV over HTTP.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import { startApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { insertConnection } from '../support/factories.ts';
import { insertSampleRows, type SampleRows } from '../support/sample-rows.ts';

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

  it('streams more rows than one batch, each once', async () => {
    const { pool } = api.database;
    const connection = await insertConnection(pool);
    await pool.query(
      `insert into directory_object (connection_id, source_id, object_class, reference_key, display_name, status, is_active,
         attributes, content_hash, side_hash, first_seen_at, last_seen_at, updated_at)
       select $1, n::text, 'user', gen_random_uuid(), 'n' || (n % 100), 'active', true, '{}', '', '', now(), now(), now()
       from generate_series(1, 4500) n`,
      [connection],
    );
    const answer = await api.get(`/api/users?format=csv&connectionId=${connection}`);
    const records = parse(answer.text, { columns: true }) as { id: string }[];
    expect(new Set(records.map(({ id }) => id)).size).toBe(4_500);
    expect(records).toHaveLength(4_500);
    await pool.query('delete from directory_object where connection_id = $1', [connection]);
  });

  it('answers wrong filters as every list does', async () => {
    const answer = await api.get('/api/users?format=csv&status=odd');
    expect(answer.status).toBe(400);
    expect(answer.body.details[0].path).toBe('query.status');
  });
});
