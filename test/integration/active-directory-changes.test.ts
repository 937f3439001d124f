// Changes of a real domain: what a read of changes brings, what only a scan of ids finds, and when neither may be asked.
import { beforeAll, expect, it } from '@jest/globals';
import type { CapableConnector, Watermark } from '../../connectors/connector.ts';
import type { ReadEntry, SourceEntry } from '../../domain/source-entry.ts';
import { decodeAll, decodePages } from '../support/decode-all.ts';
import { describeWithSamba, directorySource } from '../support/samba.ts';
import { ADMINISTRATOR, DOMAIN, groupDn, HUGE_MEMBERS, personDn } from '../support/samba-seed.ts';

const PEOPLE = `OU=People,${DOMAIN}`;
const HUGE = `CN=Huge,OU=Groups,${DOMAIN}`;

describeWithSamba('changes of Active Directory', () => {
  const source = directorySource();
  const { signal } = source;
  let connector: Required<CapableConnector>;
  beforeAll(() => {
    connector = source.open() as Required<CapableConnector>;
  });
  const scopes = () => connector.defaultScopes();
  const changesSince = async (since: Watermark): Promise<Map<string | null, SourceEntry>> => {
    const { entries } = await decodePages(connector.readChanges(scopes(), since, signal));
    return new Map(entries.map((entry) => [entry.distinguishedName, entry]));
  };
  const digests = async (): Promise<Map<string, string>> => {
    const entries: ReadEntry[] = [];
    for await (const page of connector.read(scopes(), signal)) entries.push(...page.entries);
    return new Map(entries.map(({ sourceId, digest }) => [sourceId, digest]));
  };
  const scan = async (): Promise<Map<string, string | null>> => {
    const ids = new Map<string, string | null>();
    for await (const page of connector.scanIds(scopes(), signal))
      for (const { sourceId, distinguishedName } of page) ids.set(sourceId, distinguishedName);
    return ids;
  };
  const idOf = async (dn: string): Promise<string> => {
    for (const [id, name] of await scan()) if (name === dn) return id;
    throw new Error(`'${dn}' is not there`);
  };
  const modify = (dn: string, change: string) =>
    source.server.apply(`dn: ${dn}\nchangetype: modify\n${change}\n`);
  const remove = (dn: string) => source.server.apply(`dn: ${dn}\nchangetype: delete\n`);
  const differing = (before: Map<string, string>, after: Map<string, string>) =>
    [...after].filter(([id, digest]) => before.get(id) !== digest).map(([id]) => id);

  it('brings nothing while nothing changes, and the same digests again', async () => {
    const since = await connector.watermark(signal);
    const [before, after] = [await digests(), await digests()];
    const reader = await idOf(`CN=Reader,CN=Users,${DOMAIN}`);
    // Signing in is a write at the account that reads.
    expect(differing(before, after).filter((id) => id !== reader)).toEqual([]);
    expect([...(await changesSince(since)).keys()].filter((dn) => !dn?.startsWith('CN=Reader,'))).toEqual([]);
  });

  it('brings an attribute, a member in the last portion, and nothing else', async () => {
    const before = await digests();
    const since = await connector.watermark(signal);
    await modify(personDn(20), 'replace: title\ntitle: Chief');
    await modify(HUGE, `add: member\nmember: ${personDn(20)}`);
    const changes = await changesSince(since);
    // The administrator signed in to change them.
    const others = [...changes.keys()].filter((dn) => !dn?.startsWith('CN=Administrator,'));
    expect(others.sort()).toEqual([HUGE, personDn(20)].sort());
    expect(changes.get(HUGE)?.memberValues).toHaveLength(HUGE_MEMBERS + 1);
    const ids = [changes.get(HUGE)?.sourceId, changes.get(personDn(20))?.sourceId];
    expect(differing(before, await digests())).toEqual(expect.arrayContaining(ids));
  });

  it('reads up to where the server was, then what was written meanwhile, and ends though somebody goes on writing', async () => {
    const some = source.open({ pageSize: 5 }) as Required<CapableConnector>;
    const since = await some.watermark(signal);
    const numbers = Array.from({ length: 12 }, (_, index) => index + 45);
    const retitle = (titles: [number, string][]) =>
      source.server.apply(
        titles
          .map(
            ([number, title]) =>
              `dn: ${personDn(number)}\nchangetype: modify\nreplace: title\ntitle: ${title}\n`,
          )
          .join('\n'),
      );
    await retitle(numbers.map((number) => [number, 'before']));
    const top = Number((await some.watermark(signal)).usn);
    const read: { dn: string; title: string; usn: number }[] = [];
    let pages = 0;
    let meanwhile: number[] = [];
    const users = [{ objectClass: 'user', baseDn: PEOPLE, filter: null }];
    for await (const page of some.readChanges(users, since, signal)) {
      const { entries } = decodeAll(page);
      for (const { distinguishedName, attributes, sideAttributes } of entries)
        read.push({
          dn: String(distinguishedName),
          title: String(attributes.title),
          usn: Number(sideAttributes.uSNChanged),
        });
      pages += 1;
      // One that was read, all that were not, and one that nobody touched; then one again after each page.
      if (pages === 1) {
        const [one, ...others] = numbers.filter((number) => read.some(({ dn }) => dn === personDn(number)));
        const unread = numbers.filter((number) => number !== one && !others.includes(number));
        meanwhile = [44, one as number, ...unread];
        await retitle(meanwhile.map((number) => [number, 'meanwhile']));
      } else await retitle([[44, `page ${pages}`]]);
    }
    const late = read.findIndex(({ usn }) => usn > top);
    // The page that was on its way when they were written, and nothing after it.
    expect(read.slice(0, late).map(({ title }) => title)).toEqual(Array(10).fill('before'));
    expect(read.slice(late).every(({ usn }) => usn > top)).toBe(true);
    const latest = new Map(read.map(({ dn, title }) => [dn, title]));
    expect([...latest.keys()].sort()).toEqual([44, ...numbers].map(personDn).sort());
    for (const number of meanwhile.slice(1)) expect(latest.get(personDn(number))).toBe('meanwhile');
    // What was written after the catch-up began is for the next read.
    const [next] = [...(await changesSince({ ...since, usn: top })).values()].filter(
      ({ distinguishedName }) => distinguishedName === personDn(44),
    );
    expect(next?.attributes.title).toEqual([`page ${pages}`]);
  });

  it('brings the group that a new account enters by its primary group alone', async () => {
    const since = await connector.watermark(signal);
    const dn = `CN=Newcomer,${PEOPLE}`;
    await source.server.apply(`dn: ${dn}\nchangetype: add\nobjectClass: user\nsAMAccountName: newcomer\n`);
    const changes = await changesSince(since);
    const users = changes.get(`CN=Domain Users,CN=Users,${DOMAIN}`);
    expect(users?.memberValues).toContain(`<GUID=${changes.get(dn)?.sourceId}>`);
    expect(connector.referenceKey(`<GUID=${changes.get(dn)?.sourceId}>`, 'member')).toBe(
      changes.get(dn)?.alternateKey,
    );
  });

  it('moves an account from one group’s primary members to the other’s', async () => {
    const before = await digests();
    const since = await connector.watermark(signal);
    const id = await idOf(personDn(30));
    const [group] = (await changesOf(groupDn(10))).entries;
    const rid = String(group?.attributes.objectSid).split('-').at(-1);
    await modify(personDn(30), `replace: primaryGroupID\nprimaryGroupID: ${rid}`);
    const changes = await changesSince(since);
    const users = changes.get(`CN=Domain Users,CN=Users,${DOMAIN}`);
    expect(changes.get(groupDn(10))?.memberValues).toContain(`<GUID=${id}>`);
    expect(changes.get(groupDn(10))?.memberValues).not.toContain(personDn(30));
    expect(users?.memberValues).toContain(personDn(30));
    expect(users?.memberValues).not.toContain(`<GUID=${id}>`);
    expect(differing(before, await digests())).toEqual(
      expect.arrayContaining([group?.sourceId, users?.sourceId]),
    );
  });

  async function changesOf(dn: string) {
    return decodePages(connector.readByIds([await idOf(dn)], scopes(), signal));
  }

  it('keeps the object when it is renamed or moved, and members follow', async () => {
    const id = await idOf(personDn(31));
    const moved = `CN=Renamed,OU=Länder\\; Ost,${DOMAIN}`;
    await source.server.apply(
      [
        `dn: ${personDn(31)}`,
        'changetype: modrdn',
        'newrdn: CN=Renamed',
        'deleteoldrdn: 1',
        `newsuperior:: ${Buffer.from(`OU=Länder\\; Ost,${DOMAIN}`).toString('base64')}`,
        '',
      ].join('\n'),
    );
    const after = await scan();
    expect(connector.referenceKey(String(after.get(id)), 'member')).toBe(
      connector.referenceKey(moved, 'member'),
    );
    const { entries } = await decodePages(connector.readByIds([id], scopes(), signal));
    expect(entries.map(({ sourceId, referenceKey }) => ({ sourceId, referenceKey }))).toEqual([
      { sourceId: id, referenceKey: connector.referenceKey(moved, 'member') },
    ]);
    const [group] = (await changesOf(groupDn(10))).entries;
    expect(group?.memberValues.map((value) => connector.referenceKey(value, 'member'))).toContain(
      connector.referenceKey(moved, 'member'),
    );
  });

  it('is blind to the descendants of a renamed unit, which the scan finds', async () => {
    const id = await idOf(personDn(32));
    const since = await connector.watermark(signal);
    await source.server.apply(`dn: ${PEOPLE}\nchangetype: modrdn\nnewrdn: OU=Folk\ndeleteoldrdn: 1\n`);
    expect([...(await changesSince(since)).values()].map(({ sourceId }) => sourceId)).not.toContain(id);
    expect((await scan()).get(id)).toBe(`CN=Person 32,OU=Folk,${DOMAIN}`);
    await source.server.apply(
      `dn: OU=Folk,${DOMAIN}\nchangetype: modrdn\nnewrdn: OU=People\ndeleteoldrdn: 1\n`,
    );
  });

  it('lists tombstones to who may see them, and the scan tells everybody', async () => {
    const [gone, there] = [await idOf(personDn(40)), await idOf(personDn(41))];
    const since = await connector.watermark(signal);
    await remove(personDn(40));
    const administrator = source.open(ADMINISTRATOR) as Required<CapableConnector>;
    const deleted: string[] = [];
    for await (const ids of administrator.deletedSince(since, signal)) deleted.push(...ids);
    expect(deleted).toEqual([gone]);
    for await (const ids of connector.deletedSince(since, signal)) expect(ids).toEqual([]);
    expect((await scan()).has(gone)).toBe(false);
    expect(await connector.findExisting([gone, there, 'no id'], scopes(), signal)).toEqual(new Set([there]));
    const { entries } = await decodePages(connector.readByIds([gone, there], scopes(), signal));
    expect(entries.map(({ sourceId }) => sourceId)).toEqual([there]);
  });

  it('refuses the watermark of another server, of a later time and of other rules, in words', async () => {
    const since = (await connector.watermark(signal)) as { invocationId: string; usn: number; rules: string };
    const other = '00000000-0000-4000-8000-000000000000';
    const attempt = (changed: Partial<typeof since>) => changesSince({ ...since, ...changed });
    await expect(attempt({ invocationId: other })).rejects.toMatchObject({
      code: 'watermark_unusable',
      message: expect.stringMatching(new RegExp(`${other}.*${since.invocationId}`)),
    });
    await expect(attempt({ usn: since.usn + 1_000_000 })).rejects.toMatchObject({
      code: 'watermark_unusable',
    });
    await expect(attempt({ rules: 'others' })).rejects.toMatchObject({ code: 'watermark_unusable' });
  });
});
