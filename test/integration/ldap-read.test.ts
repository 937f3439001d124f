// What the LDAP connector reads of a real slapd: every attribute, member, class, scope and id.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { AttributeValues, SourceEntry } from '../../domain/source-entry.ts';
import { ldapSource, scope } from '../support/ldap-source.ts';
import { AWKWARD, b64, LDIF, READER_ACL } from '../support/ldap-tree.ts';
import { searchSlapd } from '../support/ldapsearch.ts';
import { describeWithSlapd, type Slapd, startSlapd } from '../support/slapd.ts';

const { open, readAll, signal, closeAll } = ldapSource();

function inBase64(values: AttributeValues): string[] {
  return Array.isArray(values) ? values.map(b64) : values.binary;
}

describeWithSlapd('the LDAP connector', () => {
  let server: Slapd;
  beforeAll(async () => {
    server = await startSlapd({ ldif: LDIF, acl: READER_ACL });
  });
  afterAll(async () => {
    await closeAll();
    await server?.stop();
  });

  it('gives every attribute exactly as ldapsearch does, but passwords', async () => {
    const expected = new Map(
      (await searchSlapd(server, ['*', 'entryUUID', 'createTimestamp', 'modifyTimestamp'])).map(
        ({ dn, attributes }) => [dn, attributes],
      ),
    );
    const { entries, rejected } = await readAll(open({ url: server.url }));
    expect(rejected).toEqual([]);
    expect(entries).toHaveLength(AWKWARD.length + 4);
    for (const entry of entries) {
      const own = new Map(
        Object.entries({ ...entry.attributes, ...entry.sideAttributes }).map(([name, values]) => [
          name,
          inBase64(values),
        ]),
      );
      if (entry.memberAttribute !== null) own.set(entry.memberAttribute, entry.memberValues.map(b64));
      const theirs = [...(expected.get(entry.distinguishedName as string) ?? [])]
        .filter(([name]) => name !== 'userPassword')
        .map(([name, values]) => [name, values.map(b64)]);
      expect([...own].sort()).toEqual(theirs.sort());
    }
  });

  it('finds the object that each member value names, however its DN is written', async () => {
    const connector = open({ url: server.url });
    const { entries } = await readAll(connector);
    const byKey = new Map(
      entries.flatMap((entry) => [
        [entry.referenceKey, entry],
        [entry.alternateKey, entry],
      ]),
    );
    const membersOf = (cn: string) => {
      const group = entries.find(({ distinguishedName }) =>
        distinguishedName?.startsWith(`cn=${cn},`),
      ) as SourceEntry;
      return group.memberValues.map((value) => {
        const key = connector.referenceKey(value, group.memberAttribute as string);
        return (byKey.get(key) as SourceEntry | undefined)?.attributes.cn;
      });
    };
    expect(membersOf('names')).toEqual(AWKWARD.map(([cn]) => [cn]));
    expect(membersOf('unique')).toEqual([['Posix'], ['names']]);
    expect(membersOf('posixgroup')).toEqual([['Posix']]);
  });

  it('has users, groups and devices in classes of their own', async () => {
    const connector = open({ url: server.url });
    const { entries } = await readAll(connector, [
      scope('user'),
      scope('group'),
      scope('computer'),
      scope('organizationalUnit'),
    ]);
    const count = (objectClass: string) =>
      entries.filter((entry) => entry.objectClass === objectClass).length;
    expect([count('user'), count('group'), count('computer'), count('organizationalUnit')]).toEqual([
      11, 3, 1, 2,
    ]);
  });

  it('never asks for passwords, even as an account that may read them', async () => {
    const connector = open({ url: server.url, bindDn: server.rootDn, bindPassword: server.rootPassword });
    expect(JSON.stringify(await readAll(connector))).not.toMatch(/userPassword|hidden/i);
    expect((await connector.schema?.(signal))?.map(({ name }) => name)).not.toContain('userPassword');
  });

  it('ignores referrals and says so', async () => {
    const { notices } = await readAll(open({ url: server.url }));
    expect(notices).toContainEqual(expect.stringContaining('ldap://other.example.org'));
  });

  it('reads by the filter of a scope, below its base, in pages of any size', async () => {
    const connector = open({ url: server.url, pageSize: 3 });
    const all = await readAll(connector, [scope('user', '(jpegPhoto=*)', 'ou=people,dc=example,dc=org')]);
    expect(new Set(all.entries.map(({ sourceId }) => sourceId)).size).toBe(AWKWARD.length);
    expect(await readAll(connector, [scope('user', '(cn=Zo\\c3\\ab*)')])).toMatchObject({
      entries: [{ attributes: { uid: ['a6'] } }],
    });
  });

  it('reads nothing twice for a base below another', async () => {
    const connector = open({
      url: server.url,
      baseDns: ['ou=people,dc=example,dc=org', 'dc=example,dc=org'],
    });
    const { entries } = await readAll(connector);
    expect(new Set(entries.map(({ sourceId }) => sourceId)).size).toBe(entries.length);
  });

  it('reads every naming context when no base is given', async () => {
    const { entries } = await readAll(open({ url: server.url, baseDns: [] }));
    expect(entries).toHaveLength(AWKWARD.length + 4);
  });

  it('finds the ids that are still there, within the scopes', async () => {
    const connector = open({ url: server.url });
    const { entries } = await readAll(connector);
    const [user, group] = [entries[0], entries.at(-1)] as [SourceEntry, SourceEntry];
    const ids = [user.sourceId, group.sourceId, '00000000-0000-4000-8000-000000000000', 'no uuid (*)'];
    expect(await connector.findExisting?.(ids, [scope('user'), scope('group')], signal)).toEqual(
      new Set([user.sourceId, group.sourceId]),
    );
    expect(await connector.findExisting?.(ids, [scope('group')], signal)).toEqual(new Set([group.sourceId]));
  });

  it('describes the schema', async () => {
    const schema = (await open({ url: server.url }).schema?.(signal)) ?? [];
    expect(schema.find(({ name }) => name === 'jpegPhoto')).toMatchObject({
      binary: true,
      multiValued: true,
      objectClasses: ['inetOrgPerson'],
    });
    expect(schema.find(({ name }) => name === 'displayName')).toMatchObject({
      binary: false,
      multiValued: false,
    });
  });

  it('reads on after the connection of a finished read was closed by the server', async () => {
    const connector = open({ url: server.url });
    const before = await readAll(connector);
    await server.kill();
    await server.start();
    expect(await readAll(connector)).toMatchObject({ entries: before.entries });
  });

  it('rejects entries without an id and goes on', async () => {
    // Anonymous reading without operational attributes: a server that has none would look the same.
    const bare = await startSlapd({
      ldif: LDIF,
      acl: [
        'access to attrs=entryUUID by * none',
        'access to attrs=userPassword by * auth',
        'access to * by * read',
      ],
    });
    try {
      const { entries, rejected } = await readAll(open({ url: bare.url }));
      expect(entries).toEqual([]);
      expect(rejected).toHaveLength(AWKWARD.length + 4);
      expect(rejected[0]).toMatchObject({
        code: 'no_id',
        distinguishedName: expect.stringContaining('dc=example'),
      });
      const byUid = await readAll(open({ url: bare.url, idAttribute: 'uid' }));
      expect(byUid.entries.map(({ sourceId }) => sourceId)).toContain('posix');
      const test = await open({ url: bare.url }).test(signal);
      expect(test.checks.at(-1)).toMatchObject({
        name: 'read',
        ok: false,
        message: expect.stringContaining('idAttribute'),
      });
    } finally {
      await bare.stop();
    }
  });

  it('says in the connection test that no group shows a member', async () => {
    const hiding = await startSlapd({
      ldif: LDIF,
      acl: [`access to attrs=member,uniqueMember,memberUid by * none`, ...READER_ACL],
    });
    try {
      const test = await open({ url: hiding.url }).test(signal);
      expect(test.ok).toBe(true);
      expect(test.checks.at(-1)?.message).toMatch(
        /Read 14 users and groups.*None of the groups shows a member/,
      );
    } finally {
      await hiding.stop();
    }
  });

  it('passes every check of a connection that works, and describes the server', async () => {
    const test = await open({ url: server.url }).test(signal);
    expect(test.ok).toBe(true);
    expect(test.checks.map(({ name }) => name)).toEqual([
      'resolve',
      'connect',
      'tls',
      'bind',
      'base',
      'read',
    ]);
    expect(test.checks.at(-1)?.message).toBe('Read 14 users and groups, which is all of them.');
    expect(test.serverInfo).toMatchObject({ vendorName: 'OpenLDAP', namingContexts: ['dc=example,dc=org'] });
  });
});
