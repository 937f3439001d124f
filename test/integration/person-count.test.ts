// The numbers of persons that lists answer with are kept by triggers: whatever writes persons, they are true.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { type Database, openDatabase } from '../../database/database.ts';
import { readCollection } from '../../database/queries/filters/read-collection.ts';
import { IDENTITIES } from '../../database/queries/sailpoint/identities.ts';
import { transaction } from '../../database/sql.ts';
import { createEmptyDatabase, createTestDatabase, type TestDatabase } from '../support/database.ts';
import { expectPersonsCounted } from '../support/person-count.ts';
import { insertPerson } from '../support/person-rows.ts';

const BEFORE = 'Migration20261128125600_case_candidates';

describe('the numbers', () => {
  let test: TestDatabase;
  let database: Database;
  let pool: pg.Pool;

  beforeAll(async () => {
    test = await createTestDatabase();
    database = await openDatabase({ url: test.url });
    pool = database.pool;
  });
  afterAll(async () => {
    await database?.close();
    await test?.drop();
  });

  /** Three correlated, two not, one dissolved. */
  beforeEach(async () => {
    await pool.query('truncate person cascade');
    await pool.query(`
      insert into person (display_name, correlated, dissolved_at)
      select 'person ' || i, i <= 3, case when i = 6 then now() end from generate_series(1, 6) i`);
  });

  const kept = async () =>
    (await pool.query('select correlated::int, uncorrelated::int from person_count')).rows[0];

  it.each([
    [
      'insert',
      `insert into person (display_name) values ('one'), ('two')`,
      { correlated: 3, uncorrelated: 4 },
    ],
    ['an insert of nobody', `insert into person (display_name) select 'x' where false`, {}],
    [
      'dissolve',
      `update person set dissolved_at = now() where display_name <= 'person 2'`,
      { correlated: 1 },
    ],
    ['dissolve the dissolved', 'update person set dissolved_at = now() where dissolved_at is not null', {}],
    ['revive', 'update person set dissolved_at = null', { uncorrelated: 3 }],
    ['correlate', 'update person set correlated = true', { correlated: 5, uncorrelated: 0 }],
    [
      'exchange both',
      'update person set correlated = not correlated where dissolved_at is null',
      { correlated: 2, uncorrelated: 3 },
    ],
    [
      'revive and correlate',
      'update person set dissolved_at = null, correlated = true where dissolved_at is not null',
      { correlated: 4 },
    ],
    ['other columns', `update person set title = 'x'`, {}],
    ['delete', 'delete from person', { correlated: 0, uncorrelated: 0 }],
    ['truncate', 'truncate person cascade', { correlated: 0, uncorrelated: 0 }],
    [
      'upsert',
      `insert into person (id, display_name) select id, 'x' from person
       on conflict (id) do update set correlated = false`,
      { correlated: 0, uncorrelated: 5 },
    ],
    [
      'merge',
      `merge into person p using (values ('person 1'), ('new')) v (name) on p.display_name = v.name
       when matched then delete when not matched then insert (display_name, correlated) values (v.name, true)`,
      {},
    ],
    [
      'two writes in one statement',
      `with gone as (delete from person where correlated returning 1)
       insert into person (display_name) select 'x' from gone`,
      { correlated: 0, uncorrelated: 5 },
    ],
  ])('%s', async (_what, statement, changed) => {
    expect(await kept()).toEqual({ correlated: 3, uncorrelated: 2 });
    await pool.query(statement);
    expect(await kept()).toEqual({ correlated: 3, uncorrelated: 2, ...changed });
    await expectPersonsCounted(pool);
  });

  it('go back with a transaction that fails', async () => {
    const failing = transaction(pool, async (client) => {
      await client.query(`insert into person (display_name) values ('x')`);
      throw new Error('killed');
    });
    await expect(failing).rejects.toThrow('killed');
    expect(await kept()).toEqual({ correlated: 3, uncorrelated: 2 });
  });

  it('add up what several write at a time', async () => {
    const write = (client: pg.PoolClient) =>
      client.query(`insert into person (display_name, correlated) values ('x', true), ('y', false)`);
    await Promise.all(Array.from({ length: 20 }, () => transaction(pool, write)));
    expect(await kept()).toEqual({ correlated: 23, uncorrelated: 22 });
    await expectPersonsCounted(pool);
  });

  it('are of the moment of the page that they come with', async () => {
    const request = { filter: null, sorters: [], limit: 250, offset: 0, withTotal: true };
    let over = false;
    const writing = (async () => {
      while (!over) {
        const id = await insertPerson(pool);
        await pool.query('delete from person where id = $1', [id]);
      }
    })();
    const totals = new Set<number | null>();
    try {
      for (let read = 0; read < 200; read++) {
        const { rows, totalCount } = await readCollection(pool, IDENTITIES.CORRELATED_ONLY, request);
        expect(totalCount).toBe(rows.length);
        totals.add(totalCount);
      }
    } finally {
      over = true;
      await writing;
    }
    expect(totals).toEqual(new Set([3, 4]));
  });
});

it('are filled for the persons of an older database', async () => {
  const test = await createEmptyDatabase();
  const database = await openDatabase({ url: test.url });
  try {
    await database.orm.migrator.up({ to: BEFORE });
    await database.pool.query(`
      insert into person (display_name, correlated, dissolved_at)
      select 'x', i <= 30, case when i % 2 = 0 then now() end from generate_series(1, 50) i`);
    await database.migrate();
    const { rows } = await database.pool.query('select correlated::int, uncorrelated::int from person_count');
    expect(rows).toEqual([{ correlated: 15, uncorrelated: 10 }]);
    await database.orm.migrator.down({ to: 'Migration20261128143500_person_count' });
    await insertPerson(database.pool);
  } finally {
    await database.close();
    await test.drop();
  }
});
