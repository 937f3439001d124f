// Who manages whom comes out the same in whatever order persons are refreshed, cycles and late managers included.
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createCompiledProfiles } from '../../activities/identity-refresh/compiled-profiles.ts';
import { refreshBatch } from '../../activities/identity-refresh/refresh-batch.ts';
import { refreshPersons } from '../../activities/identity-refresh/refresh-persons.ts';
import { createRandom } from '../../bench/random.ts';
import { type CorrelationLab, correlationLab } from '../support/correlation-lab.ts';

let lab: CorrelationLab;
let directory: string;
const accounts = new Map<string, string>();

beforeAll(async () => {
  lab = await correlationLab();
});
afterAll(() => lab?.close());
beforeEach(async () => {
  await lab.empty();
  accounts.clear();
  directory = await lab.connection('Directory');
});

async function account(name: string): Promise<void> {
  accounts.set(name, await lab.account(directory, name, { employeeId: name }));
}

/** As a run leaves it: unresolved while nobody answers to the name. */
async function reference(name: string, manager: string): Promise<void> {
  await lab.pool.query(
    `insert into object_reference (object_id, kind, connection_id, key, target_id)
     values ($1, 'manager', $2, md5($3)::uuid, $4)`,
    [accounts.get(name), directory, manager, accounts.get(manager) ?? null],
  );
}

/** Person → its manager, with a star behind those that are managers. */
async function managers(): Promise<Record<string, string | null>> {
  const { rows } = await lab.pool.query(`
    select p.display_name || case when p.is_manager then '*' else '' end as name, m.display_name as manager
    from person p left join person m on m.id = p.manager_id where p.dissolved_at is null order by 1`);
  return Object.fromEntries(rows.map(({ name, manager }) => [name, manager]));
}

const refreshAll = () => refreshPersons(lab, new AbortController().signal);

test('in any order, one at a time, with a cycle and one who names himself', async () => {
  const reports = { a: 'b', b: 'c', c: 'a', d: 'd', e: 'a', f: 'e', g: 'e' };
  const expected = { 'a*': 'b', 'b*': 'c', 'c*': 'a', d: null, 'e*': 'a', f: 'e', g: 'e' };
  for (const name of Object.keys(reports)) await account(name);
  for (const [name, manager] of Object.entries(reports)) await reference(name, manager);
  await lab.correlate();
  const { rows } = await lab.pool.query('select id from person');
  for (let seed = 1; seed <= 10; seed++) {
    const random = createRandom(seed);
    await lab.pool.query('update person set manager_id = null, is_manager = false');
    await lab.pool.query('insert into refresh_wanted select id from person on conflict do nothing');
    const order = rows
      .map(({ id }) => ({ id, key: random.integer(1_000_000) }))
      .sort((one, other) => one.key - other.key);
    for (const { id } of order)
      await refreshBatch(lab.pool, createCompiledProfiles(), { choose: async () => [id] });
    expect(await managers()).toEqual(expected);
  }
});

test('a manager who arrives later, leaves and comes back is found and lost again', async () => {
  await account('report');
  await reference('report', 'boss');
  await lab.correlate();
  await refreshAll();
  expect(await managers()).toEqual({ report: null });
  await account('boss');
  const bind = (target: string | null) =>
    lab.pool.query('update object_reference set target_id = $1 where connection_id = $2', [
      target,
      directory,
    ]);
  const boss = accounts.get('boss') as string;
  await bind(boss);
  await lab.correlate();
  await refreshAll();
  expect(await managers()).toEqual({ 'boss*': null, report: 'boss' });
  // What has left its source manages nobody: the run unbinds the reference.
  await lab.change(boss, { removed: true });
  await bind(null);
  await lab.correlate();
  await refreshAll();
  expect(await managers()).toEqual({ boss: null, report: null });
  await lab.change(boss, { removed: false });
  await bind(boss);
  await lab.correlate();
  await refreshAll();
  expect(await managers()).toEqual({ 'boss*': null, report: 'boss' });
});

test('the manager of a report follows the account that it names to another person', async () => {
  const hr = await lab.connection('HR', 10);
  for (const name of ['1', '2']) await lab.account(hr, `hr-${name}`, { employeeId: name });
  await account('1');
  await account('report');
  await reference('report', '1');
  await lab.correlate();
  await refreshAll();
  expect(await managers()).toEqual({ 'hr-1*': null, 'hr-2': null, report: 'hr-1' });
  await lab.change(accounts.get('1') as string, { employeeId: '2' });
  await lab.correlate();
  await refreshAll();
  expect(await managers()).toEqual({ 'hr-1': null, 'hr-2*': null, report: 'hr-2' });
});

test('a manager who cannot be refreshed has reports all the same', async () => {
  await account('report');
  await reference('report', 'boss');
  await lab.correlate();
  await refreshAll();
  await account('boss');
  await lab.pool.query('update object_reference set target_id = $1', [accounts.get('boss')]);
  await lab.correlate();
  await lab.pool.query(`alter table person add constraint refused check (alias <> 'refused')`);
  try {
    await lab.pool.query(`update directory_object set account_name = 'refused' where id = $1`, [
      accounts.get('boss'),
    ]);
    expect(await refreshAll()).toMatchObject({ failed: 1 });
    expect(await managers()).toEqual({ 'boss*': null, report: 'boss' });
  } finally {
    await lab.pool.query('alter table person drop constraint refused');
  }
});
