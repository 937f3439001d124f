// A real domain through the whole engine: a full run, incremental ones with what only the scan of ids finds, and a
// full run at the end that has nothing left to do.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { run, sql } from '../../database/sql.ts';
import { describeWithSamba, directorySource } from '../support/samba.ts';
import { DOMAIN, groupDn, HUGE_MEMBERS, personDn, READER } from '../support/samba-seed.ts';
import { type StoredObject, storedState } from '../support/stored-state.ts';
import { openSyncLab, type SyncLab } from '../support/sync-lab.ts';

const PEOPLE = `OU=People,${DOMAIN}`;
const HUGE = `CN=Huge,OU=Groups,${DOMAIN}`;
const USERS = `CN=Domain Users,CN=Users,${DOMAIN}`;

describeWithSamba('syncing Active Directory', () => {
  const source = directorySource();
  let lab: SyncLab;
  let connectionId: string;
  let projectId: string;

  beforeAll(async () => {
    lab = await openSyncLab();
    await lab.startWorker();
    connectionId = await lab.addConnection('active-directory', { url: source.server.url, ...READER });
    projectId = await lab.addProject({
      connectionId,
      scopes: source.open().defaultScopes(),
      deleteThresholdPercent: 50,
    });
  });

  afterAll(() => lab?.close());

  const sync = async (mode: 'full' | 'incremental') => {
    const over = await lab.runOver(await lab.trigger(projectId, { mode }));
    expect(over).toMatchObject({ status: 'completed', error_message: null });
    return over.counts;
  };
  const byDn = async (): Promise<Map<string | null, StoredObject>> =>
    new Map(
      [...(await storedState(lab.database.pool, connectionId)).values()].map((object) => [
        object.distinguishedName,
        object,
      ]),
    );
  const of = async (dn: string): Promise<StoredObject> => {
    const found = (await byDn()).get(dn);
    if (!found) throw new Error(`'${dn}' is not stored`);
    return found;
  };
  const change = (dn: string, lines: string) => source.server.apply(`dn: ${dn}\n${lines}\n`);
  const rename = (from: string, to: string) =>
    change(`CN=${from},${PEOPLE}`, `changetype: modrdn\nnewrdn: CN=${to}\ndeleteoldrdn: 1`);
  /** Source id → what the latest run changed of it. */
  const changed = async (): Promise<Map<string, string[]>> => {
    const rows = await run<{ id: string; fields: string[] }>(
      lab.database.pool,
      sql`select o.source_id as id, array(select jsonb_object_keys(c.before) order by 1) as fields
          from object_change c
          join directory_object o on o.connection_id = c.connection_id and o.id = c.object_id
          where c.kind = 'updated' and c.run_id = (select id from sync_run order by queued_at desc limit 1)`,
    );
    return new Map(rows.map(({ id, fields }) => [id, fields]));
  };
  /** Nothing is left to do for a full run but `updated` objects whose attributes name others that moved. */
  const expectNothingLeft = async (updated = 0) =>
    expect(await sync('full')).toMatchObject({
      ...{ created: 0, updated, reactivated: 0, deactivated: 0 },
      ...{ membershipsAdded: 0, membershipsRemoved: 0 },
    });

  it('stores what the connector reads, with nested, ranged and primary members resolved', async () => {
    const { entries } = await source.readAll(source.open());
    const counts = await sync('full');
    expect(counts).toMatchObject({ read: entries.length, created: entries.length, errors: 0 });
    const stored = await storedState(lab.database.pool, connectionId);
    expect([...stored.keys()].sort()).toEqual(entries.map(({ sourceId }) => sourceId).sort());
    for (const { sourceId, memberValues } of entries)
      expect(stored.get(sourceId)?.members).toHaveLength(memberValues.length);
    expect((await of(HUGE)).members).toHaveLength(HUGE_MEMBERS);
    expect((await of(USERS)).members).toContain((await of(personDn(1))).sourceId);
    const open = await run(
      lab.database.pool,
      sql`select 1 from membership where connection_id = ${connectionId} and member_id is null and reference like '<GUID=%'`,
    );
    expect(open).toEqual([]);
    await expectNothingLeft();
  });

  it('follows changes, renames, moves and deletions incrementally', async () => {
    await sync('incremental');
    const [renamed, deleted] = [await of(personDn(21)), await of(personDn(22))];
    await change(personDn(20), 'changetype: modify\nreplace: title\ntitle: Chief');
    await change(HUGE, `changetype: modify\nadd: member\nmember: ${personDn(23)}`);
    await change(`CN=Newcomer,${PEOPLE}`, 'changetype: add\nobjectClass: user\nsAMAccountName: newcomer');
    await change(personDn(21), 'changetype: modrdn\nnewrdn: CN=Renamed\ndeleteoldrdn: 1');
    await change(personDn(22), 'changetype: delete');
    const counts = await sync('incremental');
    expect(counts).toMatchObject({ created: 1, deactivated: 1, errors: 0 });
    const after = await byDn();
    expect(after.get(`CN=Renamed,${PEOPLE}`)?.sourceId).toBe(renamed.sourceId);
    expect(after.has(personDn(22))).toBe(false);
    expect(after.get(personDn(20))?.attributes.title).toEqual(['Chief']);
    const newcomer = after.get(`CN=Newcomer,${PEOPLE}`)?.sourceId;
    expect(after.get(USERS)?.members).toContain(newcomer);
    expect(after.get(USERS)?.members).toContain(renamed.sourceId);
    for (const { members } of after.values()) expect(members).not.toContain(deleted.sourceId);
    expect(after.get(HUGE)?.members).toContain(after.get(personDn(23))?.sourceId);
    await expectNothingLeft();
  });

  it('takes a move for a change of the name alone', async () => {
    const { sourceId } = await of(personDn(33));
    const moved = `CN=Person 33,OU=Contacts,${DOMAIN}`;
    await change(
      personDn(33),
      `changetype: modrdn\nnewrdn: CN=Person 33\ndeleteoldrdn: 1\nnewsuperior: OU=Contacts,${DOMAIN}`,
    );
    const nothing = { created: 0, deactivated: 0, membershipsAdded: 0, membershipsRemoved: 0 };
    const dry = await lab.runOver(await lab.trigger(projectId, { mode: 'full', dryRun: true }));
    expect(dry.counts).toMatchObject(nothing);
    expect(await sync('incremental')).toMatchObject(nothing);
    expect((await of(moved)).sourceId).toBe(sourceId);
    expect((await of(groupDn(11))).members).toContain(sourceId);
    expect((await of(USERS)).members).toContain(sourceId);
    expect((await changed()).get(sourceId)).toEqual(['distinguishedName']);
    await expectNothingLeft();
  });

  it('takes an account that is made again for a new one, and lets two swap their names', async () => {
    const [old, one, other] = await Promise.all([24, 25, 26].map((number) => of(personDn(number))));
    const names = 'sAMAccountName: person24\nmail: person24@example.test';
    await change(personDn(24), 'changetype: delete');
    await change(personDn(24), `changetype: add\nobjectClass: user\n${names}`);
    await rename('Person 25', 'Between');
    await rename('Person 26', 'Person 25');
    await rename('Between', 'Person 26');
    expect(await sync('incremental')).toMatchObject({ created: 1, deactivated: 1 });
    expect((await of(personDn(24))).sourceId).not.toBe(old?.sourceId);
    expect([(await of(personDn(25))).sourceId, (await of(personDn(26))).sourceId]).toEqual([
      other?.sourceId,
      one?.sourceId,
    ]);
    // The group keeps those who were renamed, and neither the one who is gone nor the one who came instead.
    const members = new Set((await of(groupDn(8))).members);
    expect(
      [one, other, old, await of(personDn(24))].map((who) => members.has(String(who?.sourceId))),
    ).toEqual([true, true, false, false]);
    await expectNothingLeft();
  });

  it('finds the descendants of a renamed organizational unit by the scan of ids', async () => {
    const ids = new Map(
      [...(await byDn()).values()].map(({ sourceId, distinguishedName }) => [sourceId, distinguishedName]),
    );
    await change(PEOPLE, 'changetype: modrdn\nnewrdn: OU=Staff\ndeleteoldrdn: 1');
    const counts = await sync('incremental');
    expect(counts).toMatchObject({ created: 0, deactivated: 0, errors: 0 });
    const after = await byDn();
    const moved = [...ids].filter(([, dn]) => dn?.endsWith(PEOPLE));
    for (const [sourceId, dn] of moved)
      expect(after.get(dn?.replace(PEOPLE, `OU=Staff,${DOMAIN}`) ?? null)?.sourceId).toBe(sourceId);
    expect(after.get(groupDn(1))).toBeDefined();
    // Nothing else about them has changed, but that one's manager is below, too.
    const withManager = personDn(6);
    const fields = await changed();
    for (const [sourceId, dn] of moved)
      if (dn !== PEOPLE && dn !== withManager)
        expect([dn, fields.get(sourceId)]).toEqual([dn, ['distinguishedName']]);
    // The one whose manager is below.
    await expectNothingLeft(1);
  }, 120_000);
});
