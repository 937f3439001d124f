// Two workers at once on one task queue, at two projects of one connection, and one of them is killed.
import { expect, it } from '@jest/globals';
import { directoryEntries } from '../../bench/generate-directory.ts';
import { expectWholeState } from '../support/expect-whole-state.ts';
import { startFailingProxy } from '../support/failing-proxy.ts';
import { describeWithSlapd, startSlapd } from '../support/slapd.ts';
import { openSyncLab } from '../support/sync-lab.ts';
import { until } from '../support/until.ts';

describeWithSlapd('two workers at once', () => {
  it('one is killed, the other finishes what both had begun', async () => {
    await using stack = new AsyncDisposableStack();
    const generated = directoryEntries({ users: 400, awkward: true });
    const slapd = await startSlapd({ ldif: [...generated].join('') });
    stack.defer(() => slapd.stop());
    const proxy = await startFailingProxy(slapd.url, { afterBytes: 100_000, by: 'stalling' });
    stack.defer(() => proxy.close());
    const lab = await openSyncLab();
    stack.defer(() => lab.close());
    const connectionId = await lab.addConnection('ldap', {
      url: proxy.url.replace('http', 'ldap'),
      bindDn: slapd.rootDn,
      bindPassword: slapd.rootPassword,
      baseDns: [slapd.baseDn],
      pageSize: 20,
    });
    const projects = [await lab.addProject({ connectionId }), await lab.addProject({ connectionId })];
    const reading = (count: number) =>
      until(`${count} reads to be held back`, () => proxy.stalling() === count, 30_000, 5);

    // The first read is the first worker's for certain; both go on at the moment in which that one dies.
    const first = await lab.startWorker();
    const runs = [await lab.trigger(projects[0] as string)];
    await reading(1);
    await lab.startWorker();
    runs.push(await lab.trigger(projects[1] as string));
    await reading(2);
    proxy.resume();
    await first.kill('SIGKILL');
    const over = await Promise.all(runs.map((runId) => lab.runOver(runId)));
    for (const row of over) expect(row).toMatchObject({ status: 'completed', error_message: null });
    expect(over[0]?.steps.find((step) => step.name === 'read')?.attempt).toBeGreaterThan(1);
    await expectWholeState(lab.database.pool, connectionId, slapd);

    // Both at once, undisturbed, find nothing left to do.
    const again = await Promise.all(projects.map((projectId) => lab.trigger(projectId)));
    for (const row of await Promise.all(again.map((runId) => lab.runOver(runId))))
      expect(row).toMatchObject({ status: 'completed', counts: { created: 0, updated: 0, deactivated: 0 } });
    await expectWholeState(lab.database.pool, connectionId, slapd);
  });
});
