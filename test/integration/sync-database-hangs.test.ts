// A database that neither answers nor goes away: calls that hang end, and the step is tried again.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { directoryEntries } from '../../bench/generate-directory.ts';
import { lockConnection } from '../../database/run-fence.ts';
import { transaction } from '../../database/sql.ts';
import { DEFAULT_SYNC_TIMINGS } from '../../workflows/messages.ts';
import { expectWholeState } from '../support/expect-whole-state.ts';
import { startFailingProxy } from '../support/failing-proxy.ts';
import { startPausableProxy } from '../support/pausable-proxy.ts';
import { describeWithSlapd, startSlapd } from '../support/slapd.ts';
import { openSyncLab, type SyncLab } from '../support/sync-lab.ts';
import { until } from '../support/until.ts';

/** A wait for a lock ends after a third of it. */
const SHORT = { DATABASE_TIMEOUT_SECONDS: '3' };

describeWithSlapd('a sync run whose database', () => {
  let lab: SyncLab;
  beforeEach(async () => {
    lab = await openSyncLab();
  });
  afterEach(() => lab?.close());

  it('holds a lock for long goes on when it is free, however often it was tried', async () => {
    mkdirSync(join(lab.home, 'import'), { recursive: true });
    writeFileSync(join(lab.home, 'import', 'people.csv'), 'id,displayName\n1,Ada\n2,Grace\n');
    const connectionId = await lab.addConnection('csv', { file: 'people.csv', keyColumn: 'id' });
    const scopes = [{ objectClass: 'user', baseDn: null, filter: null }];
    const projectId = await lab.addProject({ connectionId, scopes });
    await lab.startWorker(SHORT);
    const runId = await transaction(lab.database.pool, async (client) => {
      await lockConnection(client, connectionId);
      const id = await lab.trigger(projectId);
      await until('the step to have been tried more often than a source is', async () => {
        const { steps } = await lab.runRow(id);
        const merge = steps.find(({ name }) => name === 'merge');
        return merge?.status === 'retrying' && merge.attempt > DEFAULT_SYNC_TIMINGS.sourceAttempts && merge;
      });
      return id;
    });
    expect((await lab.runRow(runId)).steps.find(({ name }) => name === 'merge')).toMatchObject({
      error_code: 'database_unavailable',
      error_message: expect.stringContaining('has held a lock for long'),
    });
    expect(await lab.runOver(runId)).toMatchObject({ status: 'completed', counts: { created: 2 } });
  });

  it('swallows what it is sent is asked anew over another connection', async () => {
    await using stack = new AsyncDisposableStack();
    const slapd = await startSlapd({ ldif: [...directoryEntries({ users: 200 })].join('') });
    stack.defer(() => slapd.stop());
    const source = await startFailingProxy(slapd.url, { afterBytes: 100_000, by: 'stalling' });
    stack.defer(() => source.close());
    const url = new URL(lab.url);
    const database = await startPausableProxy({ host: url.hostname, port: Number(url.port) });
    stack.defer(() => database.close());
    url.host = `127.0.0.1:${database.port}`;
    await lab.startWorker({ ...SHORT, DATABASE_URL: url.href });
    const connectionId = await lab.addConnection('ldap', {
      url: source.url.replace('http', 'ldap'),
      bindDn: slapd.rootDn,
      bindPassword: slapd.rootPassword,
      baseDns: [slapd.baseDn],
      pageSize: 20,
    });
    const runId = await lab.trigger(await lab.addProject({ connectionId }));
    await until('the read to be held back', () => source.isStalling(), 30_000, 5);
    database.hang();
    database.serveNew();
    source.resume();
    const over = await lab.runOver(runId, 45_000);
    expect(over).toMatchObject({ status: 'completed', error_message: null });
    expect(over.steps.find(({ name }) => name === 'read')?.attempt).toBeGreaterThan(1);
    await expectWholeState(lab.database.pool, connectionId, slapd);
  });
});
