// What no change number tells, through the whole engine on a real domain, read by an ordinary account and by one that
// sees tombstones: with the scan of ids both find everything; without it the second one finds deletions.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { run, sql } from '../../database/sql.ts';
import { describeWithSamba, directorySource } from '../support/samba.ts';
import { ADMINISTRATOR, DOMAIN, groupDn, personDn, READER } from '../support/samba-seed.ts';
import { type StoredObject, storedState } from '../support/stored-state.ts';
import { openSyncLab, type SyncLab } from '../support/sync-lab.ts';

const SCOPES = [
  {
    objectClass: 'user',
    baseDn: null,
    filter:
      '(&(objectCategory=person)(objectClass=user)(!(department=Left))(!(sAMAccountName=administrator)))',
  },
  { objectClass: 'group', baseDn: `OU=Groups,${DOMAIN}`, filter: null },
];

describeWithSamba('incremental runs on Active Directory', () => {
  const source = directorySource();
  let lab: SyncLab;

  beforeAll(async () => {
    lab = await openSyncLab();
    await lab.startWorker();
  });

  afterAll(() => lab?.close());

  const change = (dn: string, lines: string) => source.server.apply(`dn: ${dn}\n${lines}\n`);

  // Each account has objects of its own to change, so that neither sees what was done for the other.
  describe.each([
    { account: 'an ordinary account', login: READER, first: 20, seesTombstones: false },
    { account: 'the administrator', login: ADMINISTRATOR, first: 40, seesTombstones: true },
  ])('of $account', ({ login, first, seesTombstones }) => {
    let connectionId: string;
    let projectId: string;

    beforeAll(async () => {
      connectionId = await lab.addConnection('active-directory', { url: source.server.url, ...login });
      projectId = await lab.addProject({ connectionId, scopes: SCOPES, deleteThresholdPercent: 20 });
      await sync('full');
    });

    const sync = async (mode: 'full' | 'incremental' = 'incremental') => {
      const over = await lab.runOver(await lab.trigger(projectId, { mode }));
      expect(over).toMatchObject({ status: 'completed', error_message: null, read_mode: mode });
      return over;
    };
    const setProject = (assignments: ReturnType<typeof sql>) =>
      run(lab.database.pool, sql`update sync_project set ${assignments} where id = ${projectId}`);
    const byDn = async (): Promise<Map<string | null, StoredObject>> =>
      new Map(
        [...(await storedState(lab.database.pool, connectionId)).values()].map((object) => [
          object.distinguishedName,
          object,
        ]),
      );
    const expectNothingLeft = async (updated = 0) =>
      expect((await sync('full')).counts).toMatchObject({
        ...{ created: 0, updated, reactivated: 0, deactivated: 0 },
        ...{ membershipsAdded: 0, membershipsRemoved: 0 },
      });

    it('takes a deleted member out of its group, whose change number stays', async () => {
      const [gone, stays] = [personDn(first), personDn(first + 1)];
      const group = groupDn(11);
      await change(group, `changetype: modify\nadd: member\nmember: ${gone}\nmember: ${stays}`);
      await sync();
      const before = (await byDn()).get(group);
      await change(gone, 'changetype: delete');
      const over = await sync();
      expect(over).toMatchObject({ ids_scanned: true, counts: { deactivated: 1, updated: 0 } });
      expect(over.counts.membershipsRemoved).toBeGreaterThanOrEqual(1);
      const after = (await byDn()).get(group);
      const goneId = before?.members.find((id) => !after?.members.includes(id));
      expect(after?.members).toEqual(before?.members.filter((id) => id !== goneId));
      await expectNothingLeft();
    });

    it('removes what has left the filter, and takes it back', async () => {
      const dn = personDn(first + 2);
      const { sourceId } = (await byDn()).get(dn) as StoredObject;
      const membersOfGroup = async () => (await byDn()).get(groupDn(Math.floor((first + 2) / 3)))?.members;
      expect(await membersOfGroup()).toContain(sourceId);
      await change(dn, 'changetype: modify\nreplace: department\ndepartment: Left');
      // What left is no deletion: only the scan can tell.
      await setProject(sql`id_scan_every_runs = 0`);
      expect((await sync()).counts).toMatchObject({ read: 0, deactivated: 0 });
      await setProject(sql`id_scan_every_runs = 1`);
      expect((await sync()).counts).toMatchObject({ deactivated: 1 });
      expect((await byDn()).has(dn)).toBe(false);
      // It is not deleted: its group lists it still, by name, as it does whatever lies outside of the scopes.
      expect(await membersOfGroup()).toContain(dn);
      await change(dn, 'changetype: modify\nreplace: department\ndepartment: Back');
      expect((await sync()).counts).toMatchObject({ reactivated: 1 });
      expect((await byDn()).get(dn)?.sourceId).toBe(sourceId);
      expect(await membersOfGroup()).toContain(sourceId);
      await expectNothingLeft();
    });

    it('gives the descendants of a renamed unit their names by the scan alone', async () => {
      const unit = `OU=People,${DOMAIN}`;
      const before = await byDn();
      await setProject(sql`id_scan_every_runs = 0`);
      await change(unit, 'changetype: modrdn\nnewrdn: OU=Folk\ndeleteoldrdn: 1');
      expect((await sync()).counts).toMatchObject({ updated: 0, deactivated: 0 });
      await setProject(sql`id_scan_every_runs = 1`);
      await sync();
      const after = await byDn();
      const moved = [...before.values()].filter((object) => object.distinguishedName?.endsWith(unit));
      expect(moved.length).toBeGreaterThan(50);
      for (const { distinguishedName, sourceId } of moved)
        expect(after.get(String(distinguishedName).replace(unit, `OU=Folk,${DOMAIN}`))?.sourceId).toBe(
          sourceId,
        );
      await change(`OU=Folk,${DOMAIN}`, 'changetype: modrdn\nnewrdn: OU=People\ndeleteoldrdn: 1');
      await sync();
      expect([...(await byDn()).keys()].sort()).toEqual([...before.keys()].sort());
    });

    it('finds a deletion between two scans where tombstones can be read, else by the next scan', async () => {
      await setProject(sql`id_scan_every_runs = 3`);
      await sync();
      await change(personDn(first + 3), 'changetype: delete');
      const runs: unknown[] = [];
      for (let count = 0; count < 2; count++) {
        const over = await sync();
        runs.push([over.ids_scanned, over.counts.deactivated]);
      }
      expect(runs).toEqual(
        seesTombstones
          ? [
              [false, 1],
              [true, 0],
            ]
          : [
              [false, 0],
              [true, 1],
            ],
      );
      expect((await byDn()).has(personDn(first + 3))).toBe(false);
      await setProject(sql`id_scan_every_runs = 1`);
      await expectNothingLeft();
    });

    it('reads everything when another domain controller counts, and says so', async () => {
      const other = '00000000-0000-4000-8000-000000000000';
      await run(
        lab.database.pool,
        sql`update sync_watermark set watermark = watermark || ${JSON.stringify({ invocationId: other })}::jsonb
            where project_id = ${projectId}`,
      );
      const over = await lab.runOver(await lab.trigger(projectId, { mode: 'incremental' }));
      expect(over).toMatchObject({ status: 'completed', read_mode: 'full' });
      const [first] = await run<{ code: string; message: string }>(
        lab.database.pool,
        sql`select code, message from sync_run_error where run_id = ${over.id} order by id`,
      );
      expect(first).toMatchObject({ code: 'full_read', message: expect.stringContaining(other) });
      await sync();
    });
  });

  it('lets deletions that tombstones tell wait for approval above the threshold', async () => {
    const connectionId = await lab.addConnection('active-directory', {
      url: source.server.url,
      ...ADMINISTRATOR,
    });
    const scopes = [
      { objectClass: 'user', baseDn: `OU=People,${DOMAIN}`, filter: '(sAMAccountName=person5*)' },
    ];
    const projectId = await lab.addProject({ connectionId, scopes, deleteThresholdPercent: 20 });
    await run(lab.database.pool, sql`update sync_project set id_scan_every_runs = 0 where id = ${projectId}`);
    const full = await lab.runOver(await lab.trigger(projectId, { mode: 'full' }));
    expect(full.counts).toMatchObject({ created: 11 });
    for (const number of [55, 56, 57]) await change(personDn(number), 'changetype: delete');
    const id = await lab.trigger(projectId, { mode: 'incremental' });
    await lab.runReaches(id, 'paused');
    expect(await lab.runRow(id)).toMatchObject({ pause_reason: 'delete_threshold', ids_scanned: false });
    await lab.cancel(projectId, id);
    expect(await lab.runOver(id)).toMatchObject({ status: 'cancelled', counts: { deactivated: 0 } });
    // The watermark stayed, so that the next run meets the same deletions.
    const again = await lab.trigger(projectId, { mode: 'incremental' });
    await lab.runReaches(again, 'paused');
    await lab.resume(projectId, again);
    expect(await lab.runOver(again)).toMatchObject({ status: 'completed', counts: { deactivated: 3 } });
  });
});
