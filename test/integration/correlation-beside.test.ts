// What goes on beside a correlation: others that read, correlate, ask for another one, or end it; and how many it
// concerns.
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type pg from 'pg';
import { correlate } from '../../database/queries/correlation/correlate.ts';
import { askForEverything } from '../../database/queries/correlation/correlation-state.ts';
import { transaction } from '../../database/sql.ts';
import { type CorrelationLab, correlationLab } from '../support/correlation-lab.ts';
import { until } from '../support/until.ts';

let lab: CorrelationLab;
let hr: string;
let directory: string;

beforeEach(async () => {
  lab = await correlationLab();
  hr = await lab.connection('HR', 1);
  directory = await lab.connection('Directory');
});
afterEach(() => lab?.close());

/** Does `work` in a transaction that is left open. */
async function begin<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<pg.PoolClient> {
  const client = await lab.pool.connect();
  await client.query('begin');
  await work(client);
  return client;
}

const count = async (table: string) =>
  (await lab.pool.query(`select count(*)::int as count from ${table}`)).rows[0].count;

it('keeps nobody from reading, also when everything is evaluated', async () => {
  await lab.account(hr, 'hr-1', { email: 'a@example.org' });
  await lab.correlate();
  await askForEverything(lab.pool);
  const client = await begin((open) => correlate(open, null));
  const reader = await lab.pool.connect();
  await reader.query(`set lock_timeout = '2s'`);
  for (const table of ['correlation_key', 'person', 'person_link', 'correlation_case'])
    await reader.query(`select count(*) from ${table}`);
  reader.release();
  await client.query('commit');
  client.release();
});

it('does what was asked for while it went on with the next one', async () => {
  const contractors = await lab.connection('Contractors', 2);
  await lab.account(hr, 'hr-1', { email: 'a@example.org' });
  await lab.account(contractors, 'ct-1', { email: 'a@example.org' });
  const rule = async () =>
    (
      await lab.pool.query(`
        select o.source_id as name, l.rule from person_link l join directory_object o on o.id = l.object_id
        order by 1`)
    ).rows;
  // Stopped where it has read the ranks.
  const blocker = await begin((open) => open.query('lock table correlation_key in exclusive mode'));
  const going = lab.correlateEverything();
  await until('the correlation to wait', async () => {
    const { rowCount } = await lab.pool.query(
      `select from pg_locks where not granted and relation = 'correlation_key'::regclass`,
    );
    return (rowCount ?? 0) > 0;
  });
  // As saving a profile does; it waits for nobody.
  await lab.pool.query(`update identity_profile set priority = 3 where name = 'HR'`);
  await askForEverything(lab.pool);
  await blocker.query('commit');
  blocker.release();
  await going;
  expect(await rule()).toEqual([
    { name: 'ct-1', rule: 'Email' },
    { name: 'hr-1', rule: 'own person' },
  ]);
  await lab.correlate();
  expect(await rule()).toEqual([
    { name: 'ct-1', rule: 'own person' },
    { name: 'hr-1', rule: 'Email' },
  ]);
});

it('has not happened when its session is ended, however far it was', async () => {
  await lab.account(hr, 'hr-1', { email: 'a@example.org' });
  await lab.account(directory, 'ad-1', { email: 'a@example.org' });
  const client = await begin((open) => correlate(open, null));
  client.on('error', () => {});
  const { rows } = await client.query('select pg_backend_pid() as pid');
  await lab.pool.query('select pg_terminate_backend($1)', [rows[0].pid]);
  await expect(client.query('commit')).rejects.toThrow();
  client.release(true);
  for (const table of ['person', 'person_link', 'person_link_event', 'correlation_key'])
    expect([table, await count(table)]).toEqual([table, 0]);
  expect(await lab.correlate()).toMatchObject({ personsCreated: 1, linked: 2 });
  expect(await lab.outcome()).toEqual({ persons: [['ad-1', 'hr-1']], cases: {} });
});

it('waits for another one and sees what that one did, whichever comes first', async () => {
  const rounds = 4;
  for (let round = 0; round < rounds; round++) {
    // Of runs that are not over, each correlation takes in its own alone.
    await lab.account(hr, `hr-${round}`, { employeeId: `${round}` });
    await lab.account(directory, `ad-${round}`, { employeeId: `${round}` });
    const { rows } = await lab.pool.query(
      `update sync_run set status = 'running' where correlated_at is null returning id`,
    );
    if (round % 2 === 1) rows.reverse();
    await Promise.all(rows.map(({ id }) => transaction(lab.pool, (client) => correlate(client, id))));
  }
  const together = Array.from({ length: rounds }, (_, round) => [`ad-${round}`, `hr-${round}`]);
  expect(await lab.outcome()).toEqual({ persons: together, cases: {} });
  const nothing = { personsCreated: 0, linked: 0, unlinked: 0, casesOpened: 0 };
  expect(await lab.correlateEverything()).toEqual(nothing);
});

it('evaluates what changed and whom that concerns, and nobody else', async () => {
  const accounts: string[] = [];
  for (let index = 0; index < 25; index++) {
    const keys = { employeeId: `${index}`, email: `${index}@example.org` };
    await lab.account(hr, `hr-${index}`, keys);
    accounts.push(await lab.account(directory, `ad-${index}`, keys));
  }
  await lab.correlate();
  const evaluated = async (): Promise<string[]> => {
    const client = await begin((open) => correlate(open, null));
    const { rows } = await client.query(
      'select o.source_id as name from affected a join directory_object o on o.id = a.object_id order by 1',
    );
    await client.query('commit');
    client.release();
    return rows.map(({ name }) => name);
  };
  expect(await evaluated()).toEqual([]);
  await lab.change(accounts[7] as string, { employeeId: '8' });
  expect(await evaluated()).toEqual(['ad-7', 'ad-8', 'hr-7', 'hr-8']);
});

it('makes cases of a value that 30,000 accounts of each connection share, without comparing them in pairs', async () => {
  for (const [connection, name] of [
    [hr, 'hr'],
    [directory, 'ad'],
  ]) {
    await lab.account(connection as string, `${name}-0`, {});
    await lab.pool.query(
      `insert into directory_object (connection_id, source_id, object_class, reference_key, display_name, email, status,
         is_active, attributes, digest, first_seen_at, last_seen_at, updated_at)
       select $1, $2 || n, 'user', gen_random_uuid(), $2 || n, 'team@example.org', 'active', true, '{}', '', now(), now(), now()
       from generate_series(1, 30000) n`,
      [connection, `${name}-`],
    );
  }
  // A session that compared them in pairs would be ended, or fill the disk.
  await lab.pool.query(
    `alter database ${new URL(lab.databaseUrl).pathname.slice(1)} set temp_file_limit = '2GB'`,
  );
  expect(await lab.correlateEverything()).toMatchObject({ personsCreated: 30_002, casesOpened: 30_000 });
  const { rows } = await lab.pool.query(
    `select distinct reason, jsonb_array_length(candidates) as named from correlation_case`,
  );
  expect(rows).toEqual([{ reason: 'several_persons', named: 10 }]);
  const stray = await lab.account(directory, 'ad-late', { email: 'TEAM@example.org' });
  expect(await lab.correlate()).toMatchObject({ linked: 0, unlinked: 0, casesOpened: 1 });
  await lab.change(stray, { email: null });
  expect(await lab.correlate()).toMatchObject({ personsCreated: 1, linked: 1, unlinked: 0 });
}, 300_000);
