// Groups of a real domain whose members cannot be read to their end: the run fails with the true reason, nothing is
// removed or ended, and the next run makes good.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { run, sql } from '../../database/sql.ts';
import { type FailingProxy, startFailingProxy } from '../support/failing-proxy.ts';
import { describeWithSamba, directorySource } from '../support/samba.ts';
import { setReadable } from '../support/samba-access.ts';
import { DOMAIN, groupDn, HUGE_MEMBERS, personDn, READER } from '../support/samba-seed.ts';
import { storedState } from '../support/stored-state.ts';
import { openSyncLab, type SyncLab } from '../support/sync-lab.ts';

const HUGE = `CN=Huge,OU=Groups,${DOMAIN}`;
const SCOPES = [
  { objectClass: 'user', baseDn: `OU=People,${DOMAIN}`, filter: null },
  { objectClass: 'group', baseDn: null, filter: null },
];

describeWithSamba('members of Active Directory that cannot be read', () => {
  const source = directorySource();
  let lab: SyncLab;
  let proxy: FailingProxy;
  let connectionId: string;
  let projectId: string;

  beforeAll(async () => {
    lab = await openSyncLab();
    await lab.startWorker();
    // The second portion of the one group that has any.
    proxy = await startFailingProxy(source.server.url, { request: 'member;range=1499-', by: 'cutting' });
    proxy.resume();
    const url = proxy.url.replace('http', 'ldap');
    connectionId = await lab.addConnection('active-directory', { url, ...READER });
    projectId = await lab.addProject({ connectionId, scopes: SCOPES, deleteThresholdPercent: 50 });
    expect(await sync('full')).toMatchObject({ status: 'completed' });
  });

  afterAll(async () => {
    await lab?.close();
    await proxy?.close();
  });

  const sync = async (mode: 'full' | 'incremental') => lab.runOver(await lab.trigger(projectId, { mode }));
  const change = (dn: string, lines: string) => source.server.apply(`dn: ${dn}\n${lines}\n`);
  const state = () => storedState(lab.database.pool, connectionId);
  const watermarks = () =>
    run(
      lab.database.pool,
      sql`select * from sync_watermark where project_id = ${projectId} order by read_mode`,
    );
  /** A person is gone and the group has one member more: nothing of it is stored yet. */
  const expectUntouched = async (before: Awaited<ReturnType<typeof state>>, runId: string) => {
    expect(await state()).toEqual(before);
    const pending = await run(
      lab.database.pool,
      sql`select from sync_pending_removal where run_id = ${runId}`,
    );
    expect(pending).toEqual([]);
  };

  it.each(['full', 'incremental'] as const)(
    'fail a run (%s) that loses the connection between two portions',
    async (mode) => {
      proxy.failAgain();
      const number = mode === 'full' ? 20 : 30;
      await change(personDn(number), 'changetype: delete');
      await change(HUGE, `changetype: modify\nadd: member\nmember: ${personDn(number + 1)}`);
      const [before, kept] = [await state(), await watermarks()];
      const failed = await sync(mode);
      expect(failed).toMatchObject({ status: 'failed', error_code: 'connection_lost' });
      expect(failed.counts).toMatchObject({ deactivated: 0, membershipsAdded: 0, membershipsRemoved: 0 });
      const read = failed.steps.find(({ name }) => name === 'read');
      expect(read).toMatchObject({ status: 'failed', attempt: 4, error_code: 'connection_lost' });
      await expectUntouched(before, failed.id);
      expect(await watermarks()).toEqual(kept);
      proxy.resume();
      const next = await sync(mode);
      expect(next).toMatchObject({ status: 'completed', counts: { deactivated: 1 } });
      const members = [...(await state()).values()].find(
        ({ distinguishedName }) => distinguishedName === HUGE,
      );
      expect(members?.members).toHaveLength(HUGE_MEMBERS + (mode === 'full' ? 1 : 2));
    },
  );

  it('are told in words where they look like none', async () => {
    await setReadable(source.server, groupDn(1), 'member', false);
    const over = await sync('full');
    expect(over).toMatchObject({ status: 'completed' });
    const notices = await run<{ code: string; message: string }>(
      lab.database.pool,
      sql`select code, message from sync_run_error where run_id = ${over.id}`,
    );
    // Groups that have none are not among them.
    expect(notices).toEqual([
      { code: 'notice', message: expect.stringContaining(`may not read the members of '${groupDn(1)}':`) },
    ]);
    await setReadable(source.server, groupDn(1), 'member', true);
    const next = await sync('full');
    expect(next.counts.membershipsAdded).toBe(over.counts.membershipsRemoved);
  });

  it('fail a run at once that may not see whose primary group is which', async () => {
    await change(personDn(40), 'changetype: delete');
    await setReadable(source.server, personDn(41), 'objectSid', false);
    const [before, kept] = [await state(), await watermarks()];
    const failed = await sync('full');
    expect(failed).toMatchObject({
      status: 'failed',
      error_code: 'access_denied',
      error_message: expect.stringMatching(/primaryGroupID, but not its objectSid/),
    });
    expect(failed.steps.find(({ name }) => name === 'read')).toMatchObject({ attempt: 1 });
    await expectUntouched(before, failed.id);
    expect(await watermarks()).toEqual(kept);
    await setReadable(source.server, personDn(41), 'objectSid', true);
    expect(await sync('incremental')).toMatchObject({ status: 'completed', counts: { deactivated: 1 } });
    expect(await sync('full')).toMatchObject({
      counts: { created: 0, updated: 0, deactivated: 0, membershipsAdded: 0, membershipsRemoved: 0 },
    });
  });
});
