// The partitions of a connection: when they go, and that nobody who reads is made to wait for it.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { dropForsakenPartitions, hasPartitions } from '../../database/partitions.ts';
import { deleteConnection } from '../../database/queries/delete-connection.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { insertConnection, insertUser } from '../support/factories.ts';

describe('the partitions of a deleted connection', () => {
  let database: TestDatabase;
  let pool: pg.Pool;

  beforeAll(async () => {
    database = await createTestDatabase();
    pool = new pg.Pool({ connectionString: database.url, max: 4 });
  });

  afterAll(async () => {
    await pool?.end();
    await database?.drop();
  });

  it('go as soon as nobody uses the tables, and others stay', async () => {
    const [gone, kept] = [await insertConnection(pool), await insertConnection(pool)];
    await insertUser(pool, gone);
    const user = await insertUser(pool, kept);
    const reader = await pool.connect();
    await reader.query('begin');
    await reader.query('select count(*) from directory_object');
    expect(await deleteConnection(pool, gone, { by: 'admin' })).toBe(true);
    await dropForsakenPartitions(pool);
    expect(await hasPartitions(pool, gone)).toBe(true);
    await reader.query('commit');
    reader.release();
    await dropForsakenPartitions(pool);
    expect(await hasPartitions(pool, gone)).toBe(false);
    expect(await hasPartitions(pool, kept)).toBe(true);
    const { rows } = await pool.query('select id from directory_object');
    expect(rows).toEqual([{ id: user }]);
  });

  it('are none of a connection that never stored anything', async () => {
    expect(await hasPartitions(pool, randomUUID())).toBe(false);
  });
});
