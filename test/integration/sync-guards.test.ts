// What keeps a run from removing too much, and dry runs that tell what would change: over HTTP, on a real directory.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { run, sql } from '../../database/sql.ts';
import { expectStoredEqualsDirectory } from '../support/compare-state.ts';
import { OVER, type Platform, startPlatform } from '../support/platform.ts';
import { describeWithSlapd, type Slapd, startSlapd } from '../support/slapd.ts';

const dnOf = (uid: string) => `uid=${uid},dc=example,dc=org`;
const person = (uid: string, ou = 'IT') =>
  `dn: ${dnOf(uid)}\nobjectClass: inetOrgPerson\nuid: ${uid}\ncn: ${uid}\nsn: ${uid}\nmail: ${uid}@example.org\nou: ${ou}\n`;
const add = (entry: string) => entry.replace('objectClass', 'changetype: add\nobjectClass');
const remove = (uid: string) => `dn: ${dnOf(uid)}\nchangetype: delete\n`;
const rename = (from: string, to: string) =>
  `dn: ${dnOf(from)}\nchangetype: modrdn\nnewrdn: uid=${to}\ndeleteoldrdn: 1\n`;
const PEOPLE = Array.from({ length: 20 }, (_, at) => `p${at}`);
const LDIF = [
  ...PEOPLE.map((uid, at) => person(uid, at < 15 ? 'IT' : 'HR')),
  `dn: cn=staff,dc=example,dc=org\nobjectClass: groupOfNames\ncn: staff\n${PEOPLE.slice(0, 6)
    .map((uid) => `member: ${dnOf(uid)}\n`)
    .join('')}`,
].join('\n');

describeWithSlapd('guards and dry runs', () => {
  let slapd: Slapd;
  let platform: Platform;
  let ids: { connectionId: string; projectId: string };

  beforeAll(async () => {
    slapd = await startSlapd({ ldif: LDIF });
    platform = await startPlatform();
    const { url, rootDn: bindDn, rootPassword: bindPassword, baseDn } = slapd;
    const config = { url, bindDn, bindPassword, baseDns: [baseDn] };
    ids = await platform.addProject({ type: 'ldap', config });
  }, 120_000);

  afterAll(async () => {
    await platform?.close();
    await slapd?.stop();
  });

  const get = async (path: string) => (await platform.api.get(path)).body;
  const sync = (body?: object) => platform.sync(ids.projectId, body);
  const paused = async (body?: object) => {
    const { data } = (await platform.api.post(`/api/sync/projects/${ids.projectId}/run`, body)).body;
    return platform.runWith(data.id, ['paused', ...OVER]);
  };
  const cancel = async (runId: string) => {
    await platform.api.post(`/api/sync/history/${runId}/cancel`);
    await platform.runWith(runId, OVER);
  };
  const change = (settings: object) => platform.api.patch(`/api/sync/projects/${ids.projectId}`, settings);
  const stored = async () =>
    run(
      platform.api.database.pool,
      sql`select (select md5(string_agg(o::text, '' order by o.id)) from directory_object o) as objects,
                 (select md5(string_agg(m::text, '' order by m.group_id, m.member_key, m.valid_from)) from membership m) as memberships,
                 (select count(*) from object_change) as changes, (select count(*) from object_scope) as claims,
                 (select jsonb_agg(c order by c.object_class) from object_count c) as totals,
                 (select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'staging') as staging`,
    );

  it('a dry run before anything is stored tells all that would come, and shows nothing of it', async () => {
    const before = await stored();
    const dry = await sync({ dryRun: true });
    expect(dry).toMatchObject({
      status: 'completed',
      dryRun: true,
      notice: null,
      counts: { read: 21, created: 21, membershipsAdded: 6 },
    });
    expect(await stored()).toEqual(before);
    expect((await get('/api/users')).totalCount).toBe(0);
    const listed = await get(`/api/sync/history/${dry.id}/changes?kind=created&pageSize=200`);
    expect(listed.totalCount).toBe(21);
    expect(listed.data.find((row: { name: string }) => row.name === 'p3')).toMatchObject({
      kind: 'created',
      objectId: null,
      objectClass: 'user',
      runId: dry.id,
      attributes: expect.arrayContaining([
        { name: 'distinguishedName', before: null, after: [dnOf('p3')] },
        { name: 'mail', before: null, after: ['p3@example.org'] },
      ]),
    });
    const real = await sync();
    expect(real.counts).toEqual(dry.counts);
    await expectStoredEqualsDirectory(platform.api.database.pool, ids.connectionId, slapd);
  }, 60_000);

  it('a dry run tells what a run would do, never pauses, and changes nothing', async () => {
    await slapd.apply(
      [
        `dn: ${dnOf('p0')}\nchangetype: modify\nreplace: mail\nmail: new@example.org\n`,
        add(person('new')),
        // The group lists p1 by its old name, p2 by its new one, and who leaves still.
        rename('p1', 'moved1'),
        rename('p2', 'moved2'),
        `dn: cn=staff,dc=example,dc=org\nchangetype: modify\ndelete: member\nmember: ${dnOf('p2')}\n-\nadd: member\nmember: ${dnOf('moved2')}\nmember: ${dnOf('new')}\n`,
        ...['p3', 'p10', 'p11', 'p12'].map(remove),
      ].join('\n'),
    );
    const before = await stored();
    const dry = await sync({ dryRun: true });
    expect(dry).toMatchObject({ status: 'completed', pauseReason: null });
    expect(dry.counts).toMatchObject({ created: 1, updated: 3, deactivated: 4 });
    expect(dry.notice).toMatch(/would pause for approval: it would remove 4 of the project's 2[12] objects/);
    expect(await stored()).toEqual(before);
    const removals = await get(`/api/sync/history/${dry.id}/pending-removals`);
    expect(removals.data.map((row: { name: string }) => row.name)).toEqual(['p10', 'p11', 'p12', 'p3']);
    const updated = await get(`/api/sync/history/${dry.id}/changes?kind=updated&pageSize=200`);
    const mail = updated.data.find((row: { name: string }) => row.name === 'p0');
    expect(mail.attributes).toEqual([
      { name: 'mail', before: ['p0@example.org'], after: ['new@example.org'] },
    ]);
    expect((await get(`/api/objects/${mail.objectId}/changes`)).data).toMatchObject([{ kind: 'created' }]);
    expect((await get(`/api/sync/history/${dry.id}/changes?kind=removed`)).totalCount).toBe(4);
    const again = await sync({ dryRun: true });
    expect(again.counts).toEqual(dry.counts);
    // Only the latest answer is kept.
    expect((await get(`/api/sync/history/${dry.id}/changes`)).totalCount).toBe(0);

    const waiting = await paused();
    expect(waiting).toMatchObject({ status: 'paused', pauseReason: 'delete_threshold' });
    await cancel(waiting.id);
    const forced = await sync({ overrideDeleteThreshold: true });
    expect(forced).toMatchObject({ status: 'completed', counts: { deactivated: 4 } });
    await expectStoredEqualsDirectory(platform.api.database.pool, ids.connectionId, slapd);
  }, 60_000);

  it('a dry run counts as the run after it, memberships too', async () => {
    await slapd.apply(
      [
        rename('p4', 'moved4'),
        remove('p5'),
        add(person('p3')),
        `dn: cn=staff,dc=example,dc=org\nchangetype: modify\ndelete: member\nmember: ${dnOf('p0')}\n-\nadd: member\nmember: ${dnOf('p6')}\n`,
      ].join('\n'),
    );
    const dry = await sync({ dryRun: true, overrideDeleteThreshold: true });
    const real = await sync({ overrideDeleteThreshold: true });
    expect(real.counts).toEqual(dry.counts);
    expect(real.counts).toMatchObject({ created: 1, deactivated: 1 });
    await expectStoredEqualsDirectory(platform.api.database.pool, ids.connectionId, slapd);
  }, 60_000);

  it('an account that is made again under the same names is a new object, and the old one goes', async () => {
    const old = (await get('/api/users?search=p7')).data[0];
    await slapd.apply([remove('p7'), add(person('p7'))].join('\n'));
    const over = await sync();
    expect(over).toMatchObject({ status: 'completed', counts: { created: 1, deactivated: 1 } });
    const now = await get('/api/users?search=p7');
    expect(now.totalCount).toBe(1);
    expect(now.data[0]).toMatchObject({ email: old.email, distinguishedName: old.distinguishedName });
    expect(now.data[0].id).not.toBe(old.id);
    expect((await get(`/api/users/${old.id}`)).data).toMatchObject({
      isActive: false,
      removedAt: over.startedAt,
    });
  }, 60_000);

  it('two that swap their names keep their histories', async () => {
    const [eight, nine] = [
      (await get('/api/users?search=p8')).data[0],
      (await get('/api/users?search=p9')).data[0],
    ];
    await slapd.apply([rename('p8', 'tmp'), rename('p9', 'p8'), rename('tmp', 'p9')].join('\n'));
    expect((await sync()).counts).toMatchObject({ created: 0, updated: 2, deactivated: 0 });
    expect((await get(`/api/users/${eight.id}`)).data.distinguishedName).toBe(nine.distinguishedName);
    expect((await get(`/api/users/${nine.id}`)).data.distinguishedName).toBe(eight.distinguishedName);
  }, 60_000);

  it('a narrower filter retires what fell out of scope, under the same guard', async () => {
    const scopes = [{ objectClass: 'user', filter: '(ou=IT)' }, { objectClass: 'group' }];
    expect((await change({ scopes })).status).toBe(200);
    const waiting = await paused();
    expect(waiting).toMatchObject({ status: 'paused', pauseReason: 'delete_threshold' });
    const listed = await get(`/api/sync/history/${waiting.id}/pending-removals`);
    expect(listed.data.map((row: { name: string }) => row.name)).toEqual(['p15', 'p16', 'p17', 'p18', 'p19']);
    await platform.api.post(`/api/sync/history/${waiting.id}/resume`);
    expect(await platform.runWith(waiting.id, OVER)).toMatchObject({ counts: { deactivated: 5 } });
    expect((await get('/api/users?search=p15')).totalCount).toBe(0);
  }, 60_000);

  it('a source that has nothing at all pauses the run even at 100 %', async () => {
    const filter = '(ou=nowhere)';
    const scopes = [
      { objectClass: 'user', filter },
      { objectClass: 'group', filter },
    ];
    expect((await change({ deleteThresholdPercent: 100, scopes })).status).toBe(200);
    const waiting = await paused();
    expect(waiting).toMatchObject({ status: 'paused', pauseReason: 'delete_threshold', counts: { read: 0 } });
    await cancel(waiting.id);
    const dry = await sync({ dryRun: true });
    expect(dry.notice).toContain('all that there are');
  }, 60_000);
});
