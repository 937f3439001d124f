// Persons are refreshed shortly after something of them changed, without anybody asking, whatever dies in between.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { inTurn } from '../../database/queries/correlation/lock.ts';
import { resolveCase } from '../../database/queries/persons/correlation-cases.ts';
import { insertIdentityProfile } from '../support/person-rows.ts';
import { type RefreshLab, refreshLab } from '../support/refresh-lab.ts';
import { until } from '../support/until.ts';

let lab: RefreshLab;
let hr: string;
let directory: string;

beforeAll(async () => {
  lab = await refreshLab();
  hr = await lab.connection('HR', 10);
  directory = await lab.connection('Directory');
});
afterAll(() => lab?.close());

it('is done when API and worker are there again, in whatever order they come', async () => {
  const account = await lab.account(hr, 'hr-1', { employeeId: '1', givenName: 'Ann', surname: 'Lee' });
  await lab.accounts.correlate();
  expect(await lab.personOf(account)).toMatchObject({ given_name: null });
  // Neither an API nor a worker; then an API alone.
  const sweep = lab.sweep();
  await sweep.sweep();
  expect(await lab.personOf(account)).toMatchObject({ given_name: null });
  await lab.sync.startWorker();
  await lab.settled();
  expect(await lab.personOf(account)).toMatchObject({ given_name: 'Ann', processing_state: 'OK' });
  // The workflow ends when nothing is left, and comes back for the next change.
  await until(
    'the workflow to end',
    async () => (await lab.workflow().describe()).status.name === 'COMPLETED',
  );
  await lab.change(account, { givenName: 'Anna' });
  await lab.accounts.correlate();
  await lab.settled();
  expect(await lab.personOf(account)).toMatchObject({ given_name: 'Anna' });
});

it('tells of an open case as soon as there is one, and no longer when it is closed', async () => {
  const account = await lab.account(hr, 'hr-2', { email: 'info@example.org' });
  const other = await lab.account(hr, 'hr-3', { email: 'info2@example.org' });
  await lab.accounts.correlate();
  await lab.settled();
  const mailbox = await lab.account(directory, 'ad-2', { email: 'info@example.org' });
  const second = await lab.account(directory, 'ad-3', { email: 'info@example.org' });
  await lab.accounts.correlate();
  await lab.settled();
  expect(await lab.personOf(account)).toMatchObject({ identity_status: 'WARNING' });
  expect(await lab.personOf(other)).toMatchObject({ identity_status: 'UNREGISTERED' });
  // One is decided by a person, the other by a change at its source.
  const { rows } = await lab.pool.query(
    `select id from correlation_case where object_id = $1 and status = 'open'`,
    [mailbox],
  );
  await inTurn(lab.pool, (client) => resolveCase(client, rows[0].id, { personId: null, by: 'somebody' }));
  await lab.change(second, { email: 'second@example.org' });
  await lab.accounts.correlate();
  await lab.settled();
  expect(await lab.personOf(account)).toMatchObject({ identity_status: 'UNREGISTERED' });
});

it('comes once a day for values that depend on the time, where the last one lies back so far', async () => {
  const definition = { type: 'dateMath', attributes: { expression: 'now/d' } };
  const profile = await insertIdentityProfile(lab.pool, await lab.connection('Contractors'), {
    has_time_based_attr: true,
    identity_attribute_config: {
      enabled: true,
      attributeTransforms: [{ identityAttributeName: 'day', transformDefinition: definition }],
    },
  });
  const refreshes = async () => {
    const { rows } = await lab.pool.query(
      `select status, requested_by from identity_refresh where identity_profile_id = $1 order by id`,
      [profile],
    );
    return rows;
  };
  const done = { status: 'completed', requested_by: 'schedule' };
  // Two API processes look at the same time.
  lab.sweep(24);
  await lab.sweep(24).sweep();
  await until('the refresh to be over', async () =>
    (await refreshes()).every(({ status }) => status === 'completed'),
  );
  expect(await refreshes()).toEqual([done]);
  await lab.sweep(24).sweep();
  expect(await refreshes()).toEqual([done]);
  await lab.pool.query(`update identity_refresh set started_at = started_at - interval '24 hours'`);
  await lab.sweep(24).sweep();
  await until('the second to be over', async () => {
    const all = await refreshes();
    return all.length === 2 && all.every(({ status }) => status === 'completed');
  });
});

it('ends the workflows of a former version, which nobody serves, on its own queue alone', async () => {
  const { client, taskQueue } = lab.sync;
  const start = (queue: string) =>
    client.workflow.start('identityRefresh', { workflowId: `identity-refresh:${queue}`, taskQueue: queue });
  const [mine, other] = [await start(taskQueue), await start(`${taskQueue}-other`)];
  await until('both to be listed', async () => {
    const { count } = await client.workflow.count(
      `WorkflowType = 'identityRefresh' and WorkflowId in ('${mine.workflowId}', '${other.workflowId}')`,
    );
    return count === 2;
  });
  await lab.sweep().sweep();
  expect((await mine.describe()).status.name).toBe('TERMINATED');
  expect((await other.describe()).status.name).toBe('RUNNING');
  await other.terminate();
});

it('waits with a workflow that stays where a refresh fails again and again, and goes on when it is told to', async () => {
  const account = await lab.account(hr, 'hr-9', { employeeId: '9', givenName: 'Zoe' });
  await lab.pool.query(`
    create function fail() returns trigger language plpgsql as $$ begin raise exception 'on purpose'; end $$;
    create trigger failing before update on person for each row execute function fail()`);
  await lab.accounts.correlate();
  await lab.wake();
  await until('the workflow to wait', async () => {
    const { events } = await lab.workflow().fetchHistory();
    return events?.some(({ timerStartedEventAttributes }) => timerStartedEventAttributes) ?? false;
  });
  expect((await lab.workflow().describe()).status.name).toBe('RUNNING');
  await lab.pool.query('drop function fail() cascade');
  await lab.wake();
  await lab.settled();
  expect(await lab.personOf(account)).toMatchObject({ given_name: 'Zoe', processing_state: 'OK' });
});
