// A directory's whole life through full runs: created, changed, renamed, removed and back again.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { run, sql } from '../../database/sql.ts';
import { expectNothingHalf } from '../support/expect-whole-state.ts';
import { describeWithSlapd, type Slapd, startSlapd } from '../support/slapd.ts';
import { storedState } from '../support/stored-state.ts';
import { openSyncLab, type SyncLab } from '../support/sync-lab.ts';

const PEOPLE = `dn: ou=people,dc=example,dc=org
objectClass: organizationalUnit
ou: people

dn: ou=groups,dc=example,dc=org
objectClass: organizationalUnit
ou: groups

dn: uid=ann,ou=people,dc=example,dc=org
objectClass: inetOrgPerson
uid: ann
cn: Ann Archer
sn: Archer
mail: ann@example.org
departmentNumber: IT
userPassword: never-to-be-stored

dn: uid=bob,ou=people,dc=example,dc=org
objectClass: inetOrgPerson
uid: bob
cn: Bob Baker
sn: Baker
manager: uid=ann,ou=people,dc=example,dc=org

dn: uid=cem,ou=people,dc=example,dc=org
objectClass: inetOrgPerson
uid: cem
cn: Cem Çelik
sn: Çelik
manager: uid=ANN, ou=people, dc=example, dc=org

dn: cn=inner,ou=groups,dc=example,dc=org
objectClass: groupOfNames
cn: inner
member: uid=cem,ou=people,dc=example,dc=org

dn: cn=staff,ou=groups,dc=example,dc=org
objectClass: groupOfNames
cn: staff
member: UID=Ann, ou=People,dc=example,dc=org
member: uid=bob,ou=people,dc=example,dc=org
member: cn=inner,ou=groups,dc=example,dc=org
member: uid=zoe,ou=people,dc=example,dc=org
`;

describeWithSlapd('a sync run', () => {
  let lab: SyncLab;
  let slapd: Slapd;
  let connectionId: string;
  let projectId: string;

  beforeAll(async () => {
    slapd = await startSlapd({ ldif: PEOPLE });
    lab = await openSyncLab();
    await lab.startWorker();
    connectionId = await lab.addConnection('ldap', {
      url: slapd.url,
      bindDn: slapd.rootDn,
      bindPassword: slapd.rootPassword,
      baseDns: [slapd.baseDn],
    });
    projectId = await lab.addProject({ connectionId, deleteThresholdPercent: 60 });
  });

  afterAll(async () => {
    await lab?.close();
    await slapd?.stop();
  });

  const sync = async () => lab.runOver(await lab.trigger(projectId));
  const state = async () => {
    const objects = [...(await storedState(lab.database.pool, connectionId)).values()];
    return Object.fromEntries(
      objects.map((object) => [object.distinguishedName?.split(',')[0] ?? '', object]),
    );
  };
  const idOf = async (rdn: string) => (await state())[rdn]?.sourceId;

  it('creates what the directory holds, with managers and nested groups resolved', async () => {
    const over = await sync();
    expect(over).toMatchObject({ status: 'completed', error_message: null });
    expect(over.counts).toEqual({
      read: 5,
      created: 5,
      updated: 0,
      unchanged: 0,
      reactivated: 0,
      deactivated: 0,
      errors: 0,
      membershipsAdded: 5,
      membershipsRemoved: 0,
    });
    expect(over.steps.map((step) => [step.name, step.status])).toEqual([
      ['connect', 'completed'],
      ['read', 'completed'],
      ['stage', 'completed'],
      ['merge', 'completed'],
      ['memberships', 'completed'],
      ['cleanup', 'completed'],
      ['correlate', 'completed'],
    ]);
    const stored = await state();
    const ann = stored['uid=ann'];
    expect(ann?.attributes).toMatchObject({ cn: ['Ann Archer'], mail: ['ann@example.org'] });
    expect(JSON.stringify(ann?.attributes)).not.toMatch(/never-to-be-stored|userPassword/i);
    expect(stored['uid=bob']?.manager).toBe(ann?.sourceId);
    expect(stored['uid=cem']?.manager).toBe(ann?.sourceId);
    expect(new Set(stored['cn=staff']?.members)).toEqual(
      new Set([
        ann?.sourceId,
        stored['uid=bob']?.sourceId,
        stored['cn=inner']?.sourceId,
        'uid=zoe,ou=people,dc=example,dc=org',
      ]),
    );
  });

  it('finds nothing to do when nothing changed', async () => {
    const over = await sync();
    expect(over.counts).toMatchObject({ read: 5, created: 0, updated: 0, unchanged: 5, membershipsAdded: 0 });
    const changes = await run(lab.database.pool, sql`select from object_change where run_id = ${over.id}`);
    expect(changes).toHaveLength(0);
  });

  it('records what changed with before and after, and binds a member that arrives later', async () => {
    await slapd.apply(`dn: uid=ann,ou=people,dc=example,dc=org
changetype: modify
replace: mail
mail: ann.archer@example.org

dn: uid=zoe,ou=people,dc=example,dc=org
changetype: add
objectClass: inetOrgPerson
uid: zoe
cn: Zoe Zhang
sn: Zhang

dn: cn=staff,ou=groups,dc=example,dc=org
changetype: modify
delete: member
member: uid=bob,ou=people,dc=example,dc=org
`);
    const over = await sync();
    expect(over.counts).toMatchObject({
      read: 6,
      created: 1,
      updated: 1,
      unchanged: 4,
      membershipsAdded: 0,
      membershipsRemoved: 1,
    });
    const changes = await run(
      lab.database.pool,
      sql`select kind, before, after from object_change where run_id = ${over.id} and kind = 'updated'`,
    );
    expect(changes).toEqual([
      { kind: 'updated', before: { mail: ['ann@example.org'] }, after: { mail: ['ann.archer@example.org'] } },
    ]);
    const zoe = await idOf('uid=zoe');
    expect((await state())['cn=staff']?.members).toContain(zoe);
    const ended = await run(
      lab.database.pool,
      sql`select reference from membership where valid_to is not null and member_id is not null and connection_id = ${connectionId}`,
    );
    expect(ended).toEqual([{ reference: 'uid=bob,ou=people,dc=example,dc=org' }]);
  });

  it('keeps an object that is renamed, and lets two swap their names', async () => {
    const before = { ann: await idOf('uid=ann'), bob: await idOf('uid=bob') };
    await slapd.apply(`dn: uid=ann,ou=people,dc=example,dc=org
changetype: modrdn
newrdn: uid=tmp
deleteoldrdn: 1

dn: uid=bob,ou=people,dc=example,dc=org
changetype: modrdn
newrdn: uid=ann
deleteoldrdn: 1

dn: uid=tmp,ou=people,dc=example,dc=org
changetype: modrdn
newrdn: uid=bob
deleteoldrdn: 1
`);
    const over = await sync();
    expect(over.counts).toMatchObject({ created: 0, updated: 2, deactivated: 0 });
    expect({ ann: await idOf('uid=bob'), bob: await idOf('uid=ann') }).toEqual(before);
    const stored = await state();
    // The group still lists uid=ann: that is who was Bob, since this server keeps no referential integrity.
    expect(stored['cn=staff']?.members).toContain(before.bob);
    expect(stored['cn=staff']?.members).not.toContain(before.ann);
    expect(stored['uid=cem']?.manager).toBe(before.bob);
    const changes = await run<{ after: Record<string, string[]> }>(
      lab.database.pool,
      sql`select after from object_change where run_id = ${over.id}`,
    );
    expect(changes.map((change) => change.after.distinguishedName?.[0]).sort()).toEqual([
      'uid=ann,ou=people,dc=example,dc=org',
      'uid=bob,ou=people,dc=example,dc=org',
    ]);
  });

  it('marks what has gone as removed, ends its memberships, and takes it back when it returns', async () => {
    const zoe = await idOf('uid=zoe');
    await slapd.apply('dn: uid=zoe,ou=people,dc=example,dc=org\nchangetype: delete\n');
    const over = await sync();
    expect(over.counts).toMatchObject({ read: 5, deactivated: 1, membershipsRemoved: 1 });
    expect((await state())['cn=staff']?.members).toContain('uid=zoe,ou=people,dc=example,dc=org');
    const [row] = await run<{ is_active: boolean; removed_at: Date | null }>(
      lab.database.pool,
      sql`select is_active, removed_at from directory_object where source_id = ${zoe}`,
    );
    expect(row).toMatchObject({ is_active: false, removed_at: expect.any(Date) });
    const [counter] = await run<{ present: string; removed: string }>(
      lab.database.pool,
      sql`select present, removed from object_count where connection_id = ${connectionId} and object_class = 'user'`,
    );
    expect(counter).toEqual({ present: '3', removed: '1' });
  });

  it('pauses when more would go than the threshold allows, and removes only what was approved', async () => {
    await run(
      lab.database.pool,
      sql`update sync_project set delete_threshold_percent = 10 where id = ${projectId}`,
    );
    await slapd.apply('dn: uid=cem,ou=people,dc=example,dc=org\nchangetype: delete\n');
    const runId = await lab.trigger(projectId);
    await lab.runReaches(runId, 'paused');
    expect((await lab.runRow(runId)).pause_reason).toBe('delete_threshold');
    expect(await idOf('uid=cem')).toBeDefined();
    // Gone since: nobody was shown it, so nobody approved it.
    await slapd.apply('dn: cn=inner,ou=groups,dc=example,dc=org\nchangetype: delete\n');
    await lab.resume(projectId, runId);
    const over = await lab.runOver(runId);
    expect(over).toMatchObject({ status: 'completed', counts: { deactivated: 1 } });
    expect(await idOf('uid=cem')).toBeUndefined();
    expect(await idOf('cn=inner')).toBeDefined();
    const next = await lab.trigger(projectId);
    await lab.runReaches(next, 'paused');
    await lab.resume(projectId, next);
    expect(await lab.runOver(next)).toMatchObject({ counts: { deactivated: 1 } });
    expect(await idOf('cn=inner')).toBeUndefined();
  });

  it('counts people by department as they change it and get one', async () => {
    await slapd.apply(`dn: uid=ann,ou=people,dc=example,dc=org
changetype: modify
replace: departmentNumber
departmentNumber: Sales

dn: uid=bob,ou=people,dc=example,dc=org
changetype: modify
replace: departmentNumber
departmentNumber: SALES
`);
    expect((await sync()).counts).toMatchObject({ updated: 2 });
    const counts = await run<{ department: string; present: string }>(
      lab.database.pool,
      sql`
        select department, present from object_filter_count
        where connection_id = ${connectionId} and object_class = 'user' and present <> 0 order by 1`,
    );
    expect(counts).toEqual([{ department: 'sales', present: '2' }]);
    await expectNothingHalf(lab.database.pool, connectionId);
  });

  it('ends with a code and a sentence within seconds when the password is wrong', async () => {
    const badConnection = await lab.addConnection('ldap', {
      url: slapd.url,
      bindDn: slapd.rootDn,
      bindPassword: 'not-the-password',
      baseDns: [slapd.baseDn],
    });
    const project = await lab.addProject({ connectionId: badConnection });
    const over = await lab.runOver(await lab.trigger(project), 20_000);
    expect(over).toMatchObject({ status: 'failed', error_code: 'invalid_credentials' });
    expect(over.error_message).not.toContain('not-the-password');
  });
});
