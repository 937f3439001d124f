// The two sessions of a refresh, one that writes and one that reads: either may die, and neither waits for the other.
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type pg from 'pg';
import { createCompiledProfiles } from '../../activities/identity-refresh/compiled-profiles.ts';
import { refreshBatch } from '../../activities/identity-refresh/refresh-batch.ts';
import { type Database, openDatabase } from '../../database/database.ts';
import { type CorrelationLab, correlationLab } from '../support/correlation-lab.ts';
import { until } from '../support/until.ts';

let lab: CorrelationLab;
/** That of a process, whose connections may be lost. */
let database: Database;

beforeAll(async () => {
  lab = await correlationLab();
  database = await openDatabase({ url: lab.databaseUrl });
});
afterAll(async () => {
  await database?.close();
  await lab?.close();
});
beforeEach(async () => {
  await lab.empty();
  const hr = await lab.connection('HR', 10);
  const title = { type: 'accountAttribute', attributes: { sourceName: 'HR', attributeName: 'title' } };
  await lab.pool.query('update identity_profile set identity_attribute_config = $1', [
    {
      enabled: true,
      attributeTransforms: [{ identityAttributeName: 'title', transformDefinition: title }],
    },
  ]);
  for (const id of ['1', '2']) {
    const account = await lab.account(hr, id, { employeeId: id });
    await lab.pool.query('update directory_object set attributes = $2 where id = $1', [
      account,
      { title: ['Clerk'] },
    ]);
  }
  await lab.correlate();
});

/** Refreshes both persons. @param before runs when the batch has the turn and both of its sessions */
const refresh = (before: (client: pg.PoolClient) => Promise<unknown>) =>
  refreshBatch(database.pool, createCompiledProfiles(), {
    choose: async (client) => {
      const { rows } = await client.query('select person_id as id from person_link order by person_id');
      await before(client);
      return rows.map(({ id }) => id);
    },
  });

const titles = async () => (await lab.pool.query('select title from person')).rows.map(({ title }) => title);
const waiting = async () => (await lab.pool.query('select from refresh_wanted')).rowCount;

const endReader = () =>
  lab.pool.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and query like 'lock table%'`,
  );
const endWriter = async (client: pg.PoolClient) => {
  const { rows } = await client.query('select pg_backend_pid() as pid');
  await lab.pool.query('select pg_terminate_backend($1)', [rows[0].pid]);
};

test.each([
  ['reads', endReader],
  ['writes', endWriter],
])(
  'when the session that %s is lost, nothing has happened, and the batch can be repeated',
  async (_which, end) => {
    await expect(refresh(end)).rejects.toThrow();
    expect(await titles()).toEqual([null, null]);
    expect(await waiting()).toBe(2);
    expect(await refresh(async () => {})).toMatchObject({ done: 2, failed: 0 });
    expect(await titles()).toEqual(['Clerk', 'Clerk']);
    expect(await waiting()).toBe(0);
  },
);

test('somebody who waits for a table that one session uses does not keep the other from it', async () => {
  const other = await lab.pool.connect();
  await other.query('begin');
  let waits: Promise<unknown> = Promise.resolve();
  try {
    const refreshed = refresh(async () => {
      waits = other.query('lock table person_link in access exclusive mode');
      await until('somebody to wait for the table', async () => {
        const { rowCount } = await lab.pool.query(
          `select from pg_locks where relation = 'person_link'::regclass and not granted`,
        );
        return rowCount === 1;
      });
    });
    expect(await refreshed).toMatchObject({ done: 2, failed: 0 });
    await waits;
  } finally {
    await other.query('rollback');
    other.release();
  }
  expect(await titles()).toEqual(['Clerk', 'Clerk']);
}, 20_000);
