// A directory that dies in the middle of a read, answers slowly, or does not answer any more.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { directoryEntries } from '../../bench/generate-directory.ts';
import { run, sql } from '../../database/sql.ts';
import { expectNothingHalf, expectWholeState } from '../support/expect-whole-state.ts';
import { type FailingProxy, type ProxyFailure, startFailingProxy } from '../support/failing-proxy.ts';
import { describeWithSlapd, startSlapd } from '../support/slapd.ts';
import { openSyncLab, type RunRow, type SyncLab } from '../support/sync-lab.ts';
import { until } from '../support/until.ts';

const USERS = 120;
/** Bytes of an answer: beyond the schema, which is 72,000, and before the last entries. */
const READ_BEGUN = 100_000;

describeWithSlapd('a sync run and its source', () => {
  let lab: SyncLab;
  beforeAll(async () => {
    lab = await openSyncLab();
    await lab.startWorker();
  });
  afterAll(() => lab?.close());

  /** A directory behind a proxy that fails in the middle of a read, and a project of it. */
  async function startSource(stack: AsyncDisposableStack, failure: ProxyFailure, config = {}) {
    const slapd = await startSlapd({ ldif: [...directoryEntries({ users: USERS, awkward: true })].join('') });
    stack.defer(() => slapd.stop());
    const proxy = await startFailingProxy(slapd.url, failure);
    stack.defer(() => proxy.close());
    const connectionId = await lab.addConnection('ldap', {
      url: proxy.url.replace('http', 'ldap'),
      bindDn: slapd.rootDn,
      bindPassword: slapd.rootPassword,
      baseDns: [slapd.baseDn],
      pageSize: 20,
      ...config,
    });
    const projectId = await lab.addProject({ connectionId });
    return { slapd, proxy, connectionId, projectId };
  }

  const runThrough = async (projectId: string) => {
    const over = await lab.runOver(await lab.trigger(projectId));
    expect(over).toMatchObject({ status: 'completed', error_message: null });
    return over;
  };

  const readOf = (row: RunRow) => row.steps.find((step) => step.name === 'read');

  const stalled = (proxy: FailingProxy) =>
    until('the answer to be held back', () => proxy.isStalling(), 30_000, 5);

  it('reads again from a server that was killed and started again', async () => {
    await using stack = new AsyncDisposableStack();
    const source = await startSource(stack, { afterBytes: READ_BEGUN, by: 'stalling' });
    const runId = await lab.trigger(source.projectId);
    await stalled(source.proxy);
    await source.slapd.kill();
    await source.slapd.start();
    source.proxy.resume();
    const over = await lab.runOver(runId);
    expect(over).toMatchObject({ status: 'completed', error_message: null });
    expect(readOf(over)?.attempt).toBeGreaterThan(1);
    await expectWholeState(lab.database.pool, source.connectionId, source.slapd);
  });

  it('fails with the reason while the server is gone, and completes when it is back', async () => {
    await using stack = new AsyncDisposableStack();
    const source = await startSource(stack, { afterBytes: READ_BEGUN, by: 'stalling' });
    await direct(source.connectionId, source.slapd);
    await runThrough(source.projectId);
    await direct(source.connectionId, source.proxy);
    const runId = await lab.trigger(source.projectId);
    await stalled(source.proxy);
    await source.slapd.kill();
    source.proxy.resume();
    const failed = await lab.runOver(runId);
    expect(failed).toMatchObject({
      status: 'failed',
      error_code: 'connection_lost',
      error_message: expect.stringMatching(/127\.0\.0\.1:\d+ closed the connection/),
    });
    expect(failed.counts.deactivated).toBe(0);
    await expectNothingHalf(lab.database.pool, source.connectionId);
    await source.slapd.start();
    await source.slapd.apply(`dn: ${await someone(source.connectionId)}\nchangetype: delete\n`);
    const next = await runThrough(source.projectId);
    expect(next.counts.deactivated).toBe(1);
    await expectWholeState(lab.database.pool, source.connectionId, source.slapd);
  });

  it('waits for a server that sends a little at a time', async () => {
    await using stack = new AsyncDisposableStack();
    // A page takes longer than the time-out, and the read longer than a heartbeat may.
    const source = await startSource(
      stack,
      { afterBytes: READ_BEGUN - 20_000, by: 'trickling', bytes: 500, everyMs: 25 },
      { pageSize: 100, readTimeoutMs: 1_000 },
    );
    const before = Date.now();
    const over = await runThrough(source.projectId);
    expect(Date.now() - before).toBeGreaterThan(3_000);
    expect(readOf(over)).toMatchObject({ attempt: 1, error_code: null });
    await expectWholeState(lab.database.pool, source.connectionId, source.slapd);
  });

  it('gives up a page that never comes, and removes nothing', async () => {
    await using stack = new AsyncDisposableStack();
    const source = await startSource(
      stack,
      { afterBytes: READ_BEGUN, by: 'stalling' },
      { readTimeoutMs: 400 },
    );
    await direct(source.connectionId, source.slapd);
    await runThrough(source.projectId);
    await direct(source.connectionId, source.proxy);
    await source.slapd.apply(`dn: ${await someone(source.connectionId)}\nchangetype: delete\n`);
    const failed = await lab.runOver(await lab.trigger(source.projectId));
    expect(failed).toMatchObject({
      status: 'failed',
      error_code: 'timeout',
      counts: { created: 0, updated: 0, deactivated: 0, membershipsRemoved: 0 },
    });
    expect(readOf(failed)).toMatchObject({ status: 'failed', attempt: 4, error_code: 'timeout' });
    await expectNothingHalf(lab.database.pool, source.connectionId);
    source.proxy.resume();
    const next = await runThrough(source.projectId);
    expect(next.counts.deactivated).toBe(1);
    await expectWholeState(lab.database.pool, source.connectionId, source.slapd);
  });

  /** Lets the connection lead to `server` from now on. */
  async function direct(connectionId: string, { url }: { url: string }): Promise<void> {
    const config = JSON.stringify({ url: url.replace('http', 'ldap') });
    await run(
      lab.database.pool,
      sql`update connection set config = config || ${config}::jsonb where id = ${connectionId}`,
    );
  }

  /** The name of a user whom groups list. */
  async function someone(connectionId: string): Promise<string | undefined> {
    const [row] = await run<{ dn: string }>(
      lab.database.pool,
      sql`
        select o.distinguished_name as dn from directory_object o
        where o.connection_id = ${connectionId} and o.object_class = 'user' and o.distinguished_name like 'uid=%'
          and exists (select from membership m where m.connection_id = o.connection_id and m.member_id = o.id)
        order by o.account_name limit 1`,
    );
    return row?.dn;
  }
});
