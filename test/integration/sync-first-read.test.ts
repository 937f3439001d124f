// A connection's first read, which becomes its partitions as it is: what must hold although nothing is merged.
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { hasPartitions } from '../../database/partitions.ts';
import { run, sql } from '../../database/sql.ts';
import { describeWithSlapd, type Slapd, startSlapd } from '../support/slapd.ts';
import { storedState } from '../support/stored-state.ts';
import { openSyncLab, type SyncLab } from '../support/sync-lab.ts';

const GROUPS = 6;
const PEOPLE = 20;
const person = (index: number) => `uid=u${index},dc=example,dc=org`;
const DIRECTORY = [
  ...Array.from(
    { length: PEOPLE },
    (_entry, index) =>
      `dn: ${person(index)}\nobjectClass: inetOrgPerson\nuid: u${index}\ncn: User ${index}\nsn: User\nmanager: ${person(0)}\n`,
  ),
  ...Array.from(
    { length: GROUPS },
    (_entry, index) =>
      `dn: cn=g${index},dc=example,dc=org\nobjectClass: groupOfNames\ncn: g${index}\nmember: ${person(index)}\nmember: ${person(index + 1)}\n`,
  ),
].join('\n');

const USERS = { objectClass: 'user', baseDn: null, filter: '(objectClass=inetOrgPerson)' };
const GROUP_FILTER = '(objectClass=groupOfNames)';

describeWithSlapd('the first read of a connection', () => {
  let lab: SyncLab;
  let slapd: Slapd;
  let connectionId: string;

  beforeAll(async () => {
    slapd = await startSlapd({ ldif: DIRECTORY });
  });

  afterAll(() => slapd?.stop());

  beforeEach(async () => {
    lab = await openSyncLab();
    await lab.startWorker();
    connectionId = await lab.addConnection('ldap', {
      url: slapd.url,
      bindDn: slapd.rootDn,
      bindPassword: slapd.rootPassword,
      baseDns: [slapd.baseDn],
      // Many pages, so that what is read again was read pages ago.
      pageSize: 3,
    });
  });

  afterEach(() => lab?.close());

  const stored = async () => [...(await storedState(lab.database.pool, connectionId)).values()];
  const memberships = async () =>
    (await run(lab.database.pool, sql`select 1 from membership where connection_id = ${connectionId}`))
      .length;

  it.each([
    ['a group first, so that it keeps its members', ['group', 'contact'], GROUPS * 2],
    ['something else first, so that it has none', ['contact', 'group'], 0],
  ])('takes what two scopes bring once: %s', async (_what, classes, members) => {
    const projectId = await lab.addProject({
      connectionId,
      scopes: [
        USERS,
        ...classes.map((objectClass) => ({ objectClass, baseDn: null, filter: GROUP_FILTER })),
        { ...USERS, objectClass: 'contact' },
      ],
    });
    const over = await lab.runOver(await lab.trigger(projectId));
    expect(over).toMatchObject({
      status: 'completed',
      counts: { read: PEOPLE + GROUPS, created: PEOPLE + GROUPS, unchanged: 0, membershipsAdded: members },
    });
    const objects = await stored();
    expect(objects).toHaveLength(PEOPLE + GROUPS);
    const found = objects.filter((object) => object.objectClass === classes[0]);
    expect(found).toHaveLength(GROUPS);
    expect(await memberships()).toBe(members);
    const again = await lab.runOver(await lab.trigger(projectId));
    expect(again.counts).toMatchObject({ read: PEOPLE + GROUPS, unchanged: PEOPLE + GROUPS });
  });

  it('is adopted by one of two projects that read at once, and merged by the other', async () => {
    const people = await lab.addProject({ connectionId, scopes: [USERS] });
    const groups = await lab.addProject({
      connectionId,
      scopes: [{ objectClass: 'group', baseDn: null, filter: GROUP_FILTER }],
    });
    const runs = await Promise.all([people, groups].map(async (id) => lab.runOver(await lab.trigger(id))));
    expect(runs.map(({ status, error_message }) => [status, error_message])).toEqual([
      ['completed', null],
      ['completed', null],
    ]);
    expect(runs.map(({ counts }) => counts.created)).toEqual([PEOPLE, GROUPS]);
    const objects = await stored();
    expect(objects).toHaveLength(PEOPLE + GROUPS);
    for (const object of objects.filter(({ objectClass }) => objectClass === 'group'))
      expect(object.members).toHaveLength(2);
    const resolved = await run(
      lab.database.pool,
      sql`select 1 from membership where connection_id = ${connectionId} and member_id is not null`,
    );
    expect(resolved).toHaveLength(GROUPS * 2);
  });

  it('shows nothing of the connection when it fails, and everything when the next one completes', async () => {
    const projectId = await lab.addProject({
      connectionId,
      scopes: [USERS, { objectClass: 'group', baseDn: 'ou=nowhere,dc=example,dc=org', filter: GROUP_FILTER }],
    });
    const failed = await lab.runOver(await lab.trigger(projectId));
    expect(failed).toMatchObject({ status: 'failed', error_code: 'base_not_found' });
    expect(await stored()).toEqual([]);
    expect(await hasPartitions(lab.database.pool, connectionId)).toBe(false);
    await run(
      lab.database.pool,
      sql`update sync_project set scopes = ${JSON.stringify([USERS])}::jsonb where id = ${projectId}`,
    );
    const over = await lab.runOver(await lab.trigger(projectId));
    expect(over).toMatchObject({ status: 'completed', counts: { created: PEOPLE } });
    expect(await stored()).toHaveLength(PEOPLE);
  });

  it('may bring nothing at all', async () => {
    const projectId = await lab.addProject({
      connectionId,
      scopes: [{ objectClass: 'user', baseDn: null, filter: '(uid=nobody)' }],
    });
    expect(await lab.runOver(await lab.trigger(projectId))).toMatchObject({
      status: 'completed',
      counts: { read: 0, created: 0 },
    });
    expect(await lab.runOver(await lab.trigger(projectId))).toMatchObject({ status: 'completed' });
  });
});
