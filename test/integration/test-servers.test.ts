// The servers of the test run are what the product needs: PostgreSQL 18 with our schema, Temporal with our attributes.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Connection } from '@temporalio/client';
import pg from 'pg';
import { SEARCH_ATTRIBUTES } from '../../workflows/messages.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { testEnvironment } from '../support/environment.ts';

describe('the database of a test file', () => {
  let database: TestDatabase;
  let client: pg.Client;

  beforeAll(async () => {
    database = await createTestDatabase();
    client = new pg.Client({ connectionString: database.url });
    await client.connect();
  });
  afterAll(async () => {
    await client.end();
    await database.drop();
  });

  it('is PostgreSQL 18 in UTF-8 with the builtin C.UTF-8 locale and checksums', async () => {
    const { rows } = await client.query(
      `select current_setting('server_version_num')::int / 10000 as major, current_setting('data_checksums') as checksums,
              pg_encoding_to_char(encoding) as encoding, datlocprovider as provider, datlocale as locale
         from pg_database where datname = current_database()`,
    );
    expect(rows).toEqual([
      { major: 18, checksums: 'on', encoding: 'UTF8', provider: 'b', locale: 'C.UTF-8' },
    ]);
  });

  it('has the migrated schema and no rows', async () => {
    const { rows } = await client.query('select count(*)::int as objects from directory_object');
    expect(rows).toEqual([{ objects: 0 }]);
  });

  it('is apart from every other one, and gone once dropped', async () => {
    const other = await createTestDatabase();
    expect(other.url).not.toBe(database.url);
    const name = new URL(other.url).pathname.slice(1);
    await other.drop();
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [name]);
    expect(rowCount).toBe(0);
  });
});

describe("the run's Temporal server", () => {
  it('knows the search attributes', async () => {
    const connection = await Connection.connect({ address: testEnvironment().temporalAddress });
    try {
      const answer = await connection.operatorService.listSearchAttributes({ namespace: 'default' });
      const names = Object.values(SEARCH_ATTRIBUTES).map(({ name }) => name);
      expect(Object.keys(answer.customAttributes ?? {})).toEqual(expect.arrayContaining(names));
    } finally {
      await connection.close();
    }
  });
});
