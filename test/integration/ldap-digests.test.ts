// Digests of a real slapd's entries: equal while nothing changes, different after every kind of change.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { CapableConnector } from '../../connectors/connector.ts';
import type { ReadEntry } from '../../domain/source-entry.ts';
import { ldapSource, scope } from '../support/ldap-source.ts';
import { LDIF, READER_ACL } from '../support/ldap-tree.ts';
import { describeWithSlapd, type Slapd, startSlapd } from '../support/slapd.ts';

const { open, signal, closeAll } = ldapSource();
const PEOPLE = 'ou=people,dc=example,dc=org';
const GROUPS = 'ou=groups,dc=example,dc=org';

/** All entries as they came, undecoded until the read is over. */
async function readUndecoded(connector: CapableConnector, scopes = connector.defaultScopes()) {
  const entries: ReadEntry[] = [];
  for await (const page of connector.read(scopes, signal)) entries.push(...page.entries);
  return entries;
}

const digests = (entries: ReadEntry[]) => new Map(entries.map(({ sourceId, digest }) => [sourceId, digest]));

describeWithSlapd('the digests of LDAP entries', () => {
  let server: Slapd;
  beforeAll(async () => {
    server = await startSlapd({ ldif: LDIF, acl: READER_ACL });
  });
  afterAll(async () => {
    await closeAll();
    await server?.stop();
  });

  it('are equal in two reads of an unchanged directory, whatever the pages', async () => {
    const first = await readUndecoded(open({ url: server.url }));
    const second = await readUndecoded(open({ url: server.url, pageSize: 2 }));
    expect(digests(second)).toEqual(digests(first));
    expect(new Set(digests(first).values()).size).toBe(first.length);
  });

  it.each([
    [
      'an attribute value',
      `dn: cn=Zoë Müller,${PEOPLE}\nchangetype: modify\nreplace: sn\nsn: changed\n`,
      `cn=Zoë Müller,${PEOPLE}`,
    ],
    [
      'a member',
      `dn: cn=posixgroup,${GROUPS}\nchangetype: modify\nadd: memberUid\nmemberUid: a1\n`,
      `cn=posixgroup,${GROUPS}`,
    ],
    [
      'the name',
      `dn: cn=Дмитрий,${PEOPLE}\nchangetype: modrdn\nnewrdn: cn=Dmitri\ndeleteoldrdn: 0\n`,
      `cn=Dmitri,${PEOPLE}`,
    ],
  ])('change with %s, and for no other entry', async (_what, change, dn) => {
    const before = digests(await readUndecoded(open({ url: server.url })));
    await server.apply(
      change.replace(/^dn: (.*)/, (_, name) => `dn:: ${Buffer.from(name).toString('base64')}`),
    );
    const after = await readUndecoded(open({ url: server.url }));
    const changed = after.filter(({ sourceId, digest }) => digest !== before.get(sourceId));
    expect(changed.map((entry) => entry.decode())).toMatchObject([{ entry: { distinguishedName: dn } }]);
    expect(after).toHaveLength(before.size);
  });

  it('differ where the connection or the scope makes something else of the same entry', async () => {
    const people = scope('user', '(cn=Posix)');
    const [plain] = await readUndecoded(open({ url: server.url }), [people]);
    const [other] = await readUndecoded(open({ url: server.url }), [{ ...people, objectClass: 'contact' }]);
    const [byUid] = await readUndecoded(open({ url: server.url, idAttribute: 'uid' }), [people]);
    expect(new Set([plain?.digest, other?.digest, byUid?.digest]).size).toBe(3);
  });

  it('belong to entries that can be decoded after all pages have come', async () => {
    const at = open({ url: server.url, pageSize: 1 });
    const late = (await readUndecoded(at)).map((entry) => entry.decode());
    const soon: unknown[] = [];
    for await (const page of at.read(at.defaultScopes(), signal)) {
      soon.push(...page.entries.map((entry) => entry.decode()));
    }
    expect(late).toEqual(soon);
    expect(late.every((decoded) => 'entry' in decoded)).toBe(true);
  });
});
