// A run that its workers die of: counted while it gets no further, and ended with the reason.
import { expect, it } from '@jest/globals';
import { directoryEntries } from '../../bench/generate-directory.ts';
import { beginStep, failAttempt, finishStep } from '../../database/queries/sync/run-steps.ts';
import { run, sql } from '../../database/sql.ts';
import { expectNothingHalf } from '../support/expect-whole-state.ts';
import { startFailingProxy } from '../support/failing-proxy.ts';
import { describeWithSlapd, startSlapd } from '../support/slapd.ts';
import { openSyncLab } from '../support/sync-lab.ts';
import { until } from '../support/until.ts';

describeWithSlapd('a step whose workers are lost', () => {
  it('ends the run after 30 in a row at the same place, and the next run is whole', async () => {
    await using stack = new AsyncDisposableStack();
    const slapd = await startSlapd({ ldif: [...directoryEntries({ users: 200 })].join('') });
    stack.defer(() => slapd.stop());
    const proxy = await startFailingProxy(slapd.url, { afterBytes: 100_000, by: 'stalling' });
    stack.defer(() => proxy.close());
    const lab = await openSyncLab();
    stack.defer(() => lab.close());
    const { pool } = lab.database;
    const connectionId = await lab.addConnection('ldap', {
      url: proxy.url.replace('http', 'ldap'),
      bindDn: slapd.rootDn,
      bindPassword: slapd.rootPassword,
      baseDns: [slapd.baseDn],
      pageSize: 20,
    });
    const projectId = await lab.addProject({ connectionId });
    let worker = await lab.startWorker();
    const runId = await lab.trigger(projectId);
    const lost = async () => {
      const [row] = await run<{ lost: number }>(
        pool,
        sql`select lost_attempts as lost from sync_run_step where run_id = ${runId} and name = 'read'`,
      );
      return row?.lost;
    };
    await until('the first read to be held back', () => proxy.stalling() === 1, 30_000, 5);
    expect(await lost()).toBe(0);
    // What is read is the same each time; the first loss is where the run gets to, the next ones at the same place.
    await worker.kill('SIGKILL');
    worker = await lab.startWorker();
    await until('the second read to be held back', () => proxy.stalling() === 2, 30_000, 5);
    expect(await lost()).toBe(1);
    await worker.kill('SIGKILL');
    // What it had under way may still commit, and would be progress.
    await until('its sessions to end', async () => {
      const sessions = sql`select from pg_stat_activity where application_name like ${`sync ${runId}%`}`;
      return (await run(pool, sessions)).length === 0;
    });
    await run(
      pool,
      sql`update sync_run_step s set lost_attempts = 29, lost_at_percent = r.progress_percent from sync_run r
          where r.id = s.run_id and s.run_id = ${runId} and s.name = 'read'`,
    );
    await lab.startWorker();
    expect(await lab.runOver(runId)).toMatchObject({
      status: 'failed',
      error_code: 'worker_lost',
      error_message: expect.stringContaining('lost 30 times in a row in step read'),
    });
    await expectNothingHalf(pool, connectionId);
    proxy.resume();
    expect(await lab.runOver(await lab.trigger(projectId))).toMatchObject({ status: 'completed' });

    // The count by itself: whatever ends otherwise, or gets further, begins it anew.
    await run(
      pool,
      sql`update sync_run_step set status = 'pending', lost_attempts = 0 where run_id = ${runId}`,
    );
    const begin = (attempt: number) => beginStep(pool, runId, ['merge'], attempt);
    const further = () =>
      run(pool, sql`update sync_run set progress_percent = progress_percent + 1 where id = ${runId}`);
    expect([await begin(1), await begin(2), await begin(3)]).toEqual([0, 1, 2]);
    await further();
    expect([await begin(4), await begin(5)]).toEqual([1, 2]);
    const failure = { runId, name: 'merge', code: 'timeout', message: '', bySource: false } as const;
    await failAttempt(pool, failure);
    expect([await begin(6), await begin(7)]).toEqual([0, 1]);
    await finishStep(pool, runId, ['merge'], 'completed');
    expect(await begin(8)).toBe(0);
    // A step that begins again after a pause has attempts of its own.
    expect(await begin(1)).toBe(0);
  }, 120_000);
});
