// What becomes of a sign-in account here shows in its person shortly after, without anybody asking.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startApi, type TestApi } from '../support/api.ts';
import { insertAccount } from '../support/factories.ts';
import { type RefreshLab, refreshLab } from '../support/refresh-lab.ts';
import { until } from '../support/until.ts';

const PASSWORD = 'a password of ann';

let lab: RefreshLab;
let api: TestApi;
let hr: string;

beforeAll(async () => {
  lab = await refreshLab();
  api = await startApi({ databaseUrl: lab.accounts.databaseUrl });
  hr = await lab.connection('HR', 10);
  await lab.sync.startWorker();
  lab.sweep();
});
afterAll(async () => {
  await api?.close();
  await lab?.close();
});

async function identityOf(alias: string) {
  const query = new URLSearchParams({ filters: `alias eq "${alias}"` });
  const { body } = await api.get(`/beta/identities?${query}`);
  return body[0] as { identityStatus: string; lastRefresh: string } | undefined;
}

const untilIs = (alias: string, status: string) =>
  until(`${alias} to be ${status}`, async () => (await identityOf(alias))?.identityStatus === status);

const isProtected = async (alias: string) => {
  const query = new URLSearchParams({ filters: `alias eq "${alias}" and protected eq true` });
  return (await api.get(`/beta/identities?${query}`)).body.length === 1;
};

const change = (username: string, assignment: string) =>
  lab.pool.query(`update account set ${assignment} where username = $1`, [username]);

it('is told of an account that is made, used, and made an admin', async () => {
  await lab.account(hr, 'hr-1', { employeeId: '1', accountName: 'Ann' });
  await lab.account(hr, 'hr-2', { employeeId: '2', accountName: 'other' });
  await lab.accounts.correlate();
  await untilIs('ann', 'UNREGISTERED');
  const { lastRefresh } = (await identityOf('other')) ?? {};
  await insertAccount(lab.pool, { username: 'ann', password: PASSWORD, role: 'auditor' });
  await untilIs('ann', 'REGISTERED');
  await api.login('ann', PASSWORD);
  await untilIs('ann', 'ACTIVE');
  expect(await isProtected('ann')).toBe(false);
  await change('ann', `role = 'admin'`);
  await until('ann to be protected', () => isProtected('ann'));
  // Nobody else's person was refreshed for it.
  expect((await identityOf('other'))?.lastRefresh).toBe(lastRefresh);
});

it('is told of an account that is no admin any more, disabled, enabled, renamed and deleted', async () => {
  await lab.account(hr, 'hr-5', { employeeId: '5', accountName: 'eve' });
  await insertAccount(lab.pool, { username: 'eve', password: PASSWORD, role: 'admin' });
  await lab.accounts.correlate();
  await untilIs('eve', 'REGISTERED');
  expect(await isProtected('eve')).toBe(true);
  await change('eve', `role = 'operator'`);
  await until('eve not to be protected', async () => !(await isProtected('eve')));
  await change('eve', 'enabled = false');
  await untilIs('eve', 'UNREGISTERED');
  await change('eve', 'enabled = true');
  await untilIs('eve', 'REGISTERED');
  await change('eve', `username = 'eve.lee'`);
  await untilIs('eve', 'UNREGISTERED');
  await change('eve.lee', `username = 'eve'`);
  await untilIs('eve', 'REGISTERED');
  await lab.pool.query(`delete from account where username = 'eve'`);
  await untilIs('eve', 'UNREGISTERED');
});

it('is told by the mail address as well, and not of what does not count', async () => {
  await lab.account(hr, 'hr-3', { employeeId: '3', accountName: 'bob', email: 'Bob@example.org' });
  await lab.accounts.correlate();
  await untilIs('bob', 'UNREGISTERED');
  const username = 'bob@example.org';
  await insertAccount(lab.pool, { username, password: PASSWORD, role: 'auditor' });
  await untilIs('bob', 'REGISTERED');
  await api.login(username, PASSWORD);
  await untilIs('bob', 'ACTIVE');
  const before = await identityOf('bob');
  await api.login(username, PASSWORD);
  await lab.pool.query(`update account set display_name = 'Bob', role = 'reviewer' where username = $1`, [
    username,
  ]);
  expect((await lab.pool.query('select from account_change')).rowCount).toBe(0);
  expect(await identityOf('bob')).toEqual(before);
});

it('holds up no sign-in while persons are correlated or refreshed, and loses none', async () => {
  await lab.account(hr, 'hr-4', { employeeId: '4', accountName: 'zoe' });
  await lab.accounts.correlate();
  await untilIs('zoe', 'UNREGISTERED');
  await insertAccount(lab.pool, { username: 'zoe', password: PASSWORD, role: 'auditor' });
  await untilIs('zoe', 'REGISTERED');
  const client = await lab.pool.connect();
  try {
    // As a correlation that is not over: it has its turn, and wants the same person refreshed.
    await client.query('begin');
    await client.query(`select pg_advisory_xact_lock(hashtextextended('correlation', 0))`);
    await client.query(`insert into refresh_wanted select id from person where lower(alias) = 'zoe'`);
    await api.login('zoe', PASSWORD);
    await client.query('rollback');
  } finally {
    client.release();
  }
  await untilIs('zoe', 'ACTIVE');
});
