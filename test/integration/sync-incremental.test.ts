// Incremental runs on a real directory: what changed, and what only the scan of ids can find.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { run, sql } from '../../database/sql.ts';
import { describeWithSlapd, type Slapd, startSlapd } from '../support/slapd.ts';
import { storedState } from '../support/stored-state.ts';
import { openSyncLab, type SyncLab } from '../support/sync-lab.ts';
import { until } from '../support/until.ts';

const person = (uid: string, ou = 'people', more = '') =>
  `dn: uid=${uid},ou=${ou},dc=example,dc=org\nobjectClass: inetOrgPerson\nuid: ${uid}\ncn: ${uid}\nsn: ${uid}\n${more}\n`;
const unit = (ou: string) => `dn: ou=${ou},dc=example,dc=org\nobjectClass: organizationalUnit\nou: ${ou}\n\n`;

const DIRECTORY = [
  ...['people', 'groups', 'sales'].map(unit),
  ...Array.from({ length: 12 }, (_, index) => person(`p${index}`)),
  person('ann'),
  person('bob', 'people', 'employeeType: staff\nmanager: uid=sal,ou=sales,dc=example,dc=org\n'),
  person('cem'),
  person('sal', 'sales'),
  person('sue', 'sales'),
  `dn: cn=staff,ou=groups,dc=example,dc=org
objectClass: groupOfNames
cn: staff
member: uid=ann,ou=people,dc=example,dc=org
member: uid=bob,ou=people,dc=example,dc=org
member: uid=sal,ou=sales,dc=example,dc=org

`,
].join('');

const modify = (dn: string, lines: string) => `dn: ${dn},dc=example,dc=org\nchangetype: modify\n${lines}\n\n`;
const remove = (dn: string) => `dn: ${dn},dc=example,dc=org\nchangetype: delete\n\n`;
const add = (entry: string) => entry.replace('\n', '\nchangetype: add\n');

describeWithSlapd('an incremental run', () => {
  let lab: SyncLab;
  let slapd: Slapd;
  let connectionId: string;
  let projectId: string;

  beforeAll(async () => {
    slapd = await startSlapd({ ldif: DIRECTORY });
    lab = await openSyncLab();
    await lab.startWorker();
    connectionId = await lab.addConnection('ldap', {
      url: slapd.url,
      bindDn: slapd.rootDn,
      bindPassword: slapd.rootPassword,
      baseDns: [slapd.baseDn],
      // Both sides have one clock, and the tests' changes follow each other within the second.
      changeOverlapSeconds: 0,
    });
    const scopes = [
      { objectClass: 'user', baseDn: null, filter: '(&(objectClass=inetOrgPerson)(!(employeeType=left)))' },
      { objectClass: 'group', baseDn: null, filter: null },
    ];
    projectId = await lab.addProject({ connectionId, scopes, deleteThresholdPercent: 20 });
  });

  afterAll(async () => {
    await lab?.close();
    await slapd?.stop();
  });

  const sync = async (mode: 'full' | 'incremental' = 'incremental') => {
    const over = await lab.runOver(await lab.trigger(projectId, { mode }));
    const { read = 0, created = 0, updated = 0, unchanged = 0, reactivated = 0, errors = 0 } = over.counts;
    expect(read).toBe(created + updated + unchanged + reactivated + errors);
    return over;
  };
  const notices = (runId: string) =>
    run<{ code: string; message: string }>(
      lab.database.pool,
      sql`select code, message from sync_run_error where run_id = ${runId} order by id`,
    );
  const state = async () => {
    const objects = [...(await storedState(lab.database.pool, connectionId)).values()];
    return Object.fromEntries(
      objects.map((object) => [object.distinguishedName?.split(',')[0] ?? '', object]),
    );
  };
  const setProject = (assignments: ReturnType<typeof sql>) =>
    run(lab.database.pool, sql`update sync_project set ${assignments} where id = ${projectId}`);
  const watermarks = () =>
    run<{ mode: string; run_id: string; since: string }>(
      lab.database.pool,
      sql`select read_mode as mode, run_id, watermark ->> 'since' as since, runs_since_scan from sync_watermark
          where project_id = ${projectId} order by read_mode`,
    );
  /** Stored objects and memberships are what a full run makes of the directory. */
  const expectComplete = async () => {
    const before = await state();
    const over = await sync('full');
    expect(over.counts).toMatchObject({
      created: 0,
      updated: 0,
      deactivated: 0,
      reactivated: 0,
      membershipsAdded: 0,
      membershipsRemoved: 0,
    });
    expect(await state()).toEqual(before);
  };

  it('reads everything the first time, and says why', async () => {
    const over = await sync();
    expect(over).toMatchObject({ status: 'completed', read_mode: 'full', counts: { read: 18, created: 18 } });
    expect(await notices(over.id)).toEqual([
      { code: 'full_read', message: expect.stringMatching(/No run of this project .* is complete yet/) },
    ]);
  });

  it('brings what was changed and created, and nothing that is older', async () => {
    await secondPasses();
    await sync();
    await slapd.apply(
      modify('uid=ann,ou=people', 'replace: mail\nmail: ann@example.org') +
        add(person('zoe')) +
        modify('cn=staff,ou=groups', 'add: member\nmember: uid=zoe,ou=people,dc=example,dc=org'),
    );
    const over = await sync();
    expect(over).toMatchObject({ status: 'completed', read_mode: 'incremental', ids_scanned: true });
    expect(over.counts).toMatchObject({ read: 3, created: 1, updated: 1, unchanged: 1, membershipsAdded: 1 });
    const stored = await state();
    expect(stored['uid=ann']?.attributes).toMatchObject({ mail: ['ann@example.org'] });
    expect(stored['cn=staff']?.members).toContain(stored['uid=zoe']?.sourceId);
    expect(await notices(over.id)).toEqual([]);
    await expectComplete();
  });

  it('misses no change of the second in which it began', async () => {
    for (const title of ['one', 'two', 'three', 'four', 'five']) {
      await slapd.apply(modify('uid=cem,ou=people', `replace: title\ntitle: ${title}`));
      await sync();
      expect((await state())['uid=cem']?.attributes).toMatchObject({ title: [title] });
    }
  });

  it('gives the descendants of a renamed container their names', async () => {
    const before = await state();
    await secondPasses();
    await sync();
    await slapd.apply(
      `dn: ou=sales,dc=example,dc=org\nchangetype: modrdn\nnewrdn: ou=trade\ndeleteoldrdn: 1\n`,
    );
    const over = await sync();
    expect(over.counts).toMatchObject({ read: 2, updated: 2, deactivated: 0, membershipsRemoved: 1 });
    const stored = await state();
    expect(stored['uid=sal']?.distinguishedName).toBe('uid=sal,ou=trade,dc=example,dc=org');
    expect(stored['uid=sal']?.sourceId).toBe(before['uid=sal']?.sourceId);
    const changes = await run(
      lab.database.pool,
      sql`select before from object_change where run_id = ${over.id}`,
    );
    expect(changes.map((change) => Object.keys((change as { before: object }).before))).toEqual([
      ['distinguishedName'],
      ['distinguishedName'],
    ]);
    await expectComplete();
  });

  it('removes what was deleted, with its memberships, though no group has changed', async () => {
    await slapd.apply(remove('uid=bob,ou=people'));
    const over = await sync();
    expect(over.counts).toMatchObject({ deactivated: 1, membershipsRemoved: 1 });
    expect((await state())['uid=bob']).toBeUndefined();
    await expectComplete();
  });

  it('removes what has left the filter, and takes it back', async () => {
    await slapd.apply(modify('uid=cem,ou=people', 'add: employeeType\nemployeeType: left'));
    expect((await sync()).counts).toMatchObject({ deactivated: 1 });
    await slapd.apply(modify('uid=cem,ou=people', 'delete: employeeType'));
    expect((await sync()).counts).toMatchObject({ reactivated: 1 });
    await expectComplete();
  });

  it('scans ids every so many runs, and removes nothing in between', async () => {
    await setProject(sql`id_scan_every_runs = 3`);
    await slapd.apply(remove('uid=p0,ou=people'));
    const scans: unknown[] = [];
    for (let count = 0; count < 4; count++) {
      const over = await sync();
      scans.push([over.ids_scanned, over.counts.deactivated]);
    }
    expect(scans).toEqual([
      [false, 0],
      [false, 0],
      [true, 1],
      [false, 0],
    ]);
    await setProject(sql`id_scan_every_runs = 0`);
    expect(await sync()).toMatchObject({ ids_scanned: false });
    await setProject(sql`id_scan_every_runs = 1`);
    await expectComplete();
  });

  it('keeps its watermark when a run fails or is cancelled, and moves it when one is complete', async () => {
    await sync();
    const before = await watermarks();
    expect(before.map(({ mode }) => mode)).toEqual(['full', 'incremental']);
    await slapd.apply(modify('uid=ann,ou=people', 'replace: title\ntitle: kept'));
    // Whatever cannot be read is more than this, so that the last step fails.
    await setProject(sql`error_threshold = -1`);
    const failed = await lab.runOver(await lab.trigger(projectId, { mode: 'incremental' }));
    expect(failed).toMatchObject({ status: 'failed', error_code: 'error_threshold_exceeded' });
    expect(await watermarks()).toEqual(before);
    await setProject(sql`error_threshold = 100`);
    await slapd.apply(['p1', 'p2', 'p3', 'p4'].map((uid) => remove(`uid=${uid},ou=people`)).join(''));
    const id = await lab.trigger(projectId, { mode: 'incremental' });
    await lab.runReaches(id, 'paused');
    const listed = await run(lab.database.pool, sql`select from sync_pending_removal where run_id = ${id}`);
    expect(listed).toHaveLength(4);
    await lab.cancel(projectId, id);
    expect(await lab.runOver(id)).toMatchObject({ status: 'cancelled', counts: { deactivated: 0 } });
    expect(await watermarks()).toEqual(before);
    // The next one finds the same again, and an approval removes what it lists.
    const again = await lab.trigger(projectId, { mode: 'incremental' });
    await lab.runReaches(again, 'paused');
    await lab.resume(projectId, again);
    expect(await lab.runOver(again)).toMatchObject({ status: 'completed', counts: { deactivated: 4 } });
    const after = await watermarks();
    expect(after[1]).toMatchObject({ mode: 'incremental', run_id: again });
    // Each has a watermark of its own, which the other kind of run leaves alone.
    expect(after[0]).toEqual(before[0]);
    const full = await sync('full');
    const [ofFull, ofIncremental] = await watermarks();
    expect(ofFull).toMatchObject({ mode: 'full', run_id: full.id });
    expect(ofIncremental).toEqual(after[1]);
    await expectComplete();
  });

  it('reads everything when mappings, scopes or the connection changed, and says so', async () => {
    const reasonOf = async () => {
      const over = await sync();
      const after = await sync();
      expect(after).toMatchObject({ read_mode: 'incremental' });
      return [over.read_mode, (await notices(over.id))[0]?.message];
    };
    await setProject(sql`attribute_mappings = '[{"target": "title", "source": "description"}]'`);
    expect(await reasonOf()).toEqual(['full', expect.stringContaining('attribute mappings have changed')]);
    await setProject(
      sql`scopes = scopes || '[{"objectClass": "organizationalUnit", "baseDn": null, "filter": null}]'`,
    );
    expect(await reasonOf()).toEqual(['full', expect.stringContaining('scopes have changed')]);
    await run(
      lab.database.pool,
      sql`update connection set config = config || '{"idAttribute": "uid"}' where id = ${connectionId}`,
    );
    expect(await reasonOf()).toEqual(['full', expect.stringContaining('connection leads elsewhere')]);
    await run(
      lab.database.pool,
      sql`update connection set config = config || '{"pageSize": 7}' where id = ${connectionId}`,
    );
    expect(await sync()).toMatchObject({ read_mode: 'incremental' });
  });

  it('reads everything when the clock of the server went back', async () => {
    await run(
      lab.database.pool,
      sql`update sync_watermark set watermark = watermark || '{"since": "29990101000000Z"}' where project_id = ${projectId}`,
    );
    const over = await sync();
    expect(over).toMatchObject({ status: 'completed', read_mode: 'full' });
    expect((await notices(over.id))[0]?.message).toMatch(/clock of the server was set back/);
  });

  /** Changes before and after are told apart by whole seconds. */
  function secondPasses(): Promise<boolean> {
    const second = () => Math.floor(Date.now() / 1_000);
    const present = second();
    return until('the next second', () => second() > present, 5_000, 10);
  }
});
