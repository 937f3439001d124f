// Reads changes of a server that others replicate from, across its sudden death: ADR 23 tells why they are read by
// their times, and not by the server's own content synchronization.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { decodePages } from '../support/decode-all.ts';
import { ldapSource, scope } from '../support/ldap-source.ts';
import { describeWithSlapd, type Slapd, startSlapd } from '../support/slapd.ts';

const person = (uid: string, more = '') =>
  `dn: uid=${uid},dc=example,dc=org\n${more}objectClass: inetOrgPerson\nuid: ${uid}\ncn: ${uid}\nsn: ${uid}\n\n`;

describeWithSlapd('a provider of replication', () => {
  const { open, signal } = ldapSource();
  let slapd: Slapd;

  beforeAll(async () => {
    slapd = await startSlapd({
      ldif: ['ann', 'bob', 'cem'].map((uid) => person(uid)).join(''),
      syncprov: true,
    });
  });

  afterAll(() => slapd?.stop());

  it('killed right after changes brings each of them', async () => {
    const { url, rootDn: bindDn, rootPassword: bindPassword } = slapd;
    const connector = open({ url, bindDn, bindPassword, changeOverlapSeconds: 0 });
    const scopes = [scope('user')];
    const since = await connector.watermark?.(signal);
    await slapd.apply(
      `dn: uid=ann,dc=example,dc=org\nchangetype: modify\nreplace: title\ntitle: new\n\n${person('zoe', 'changetype: add\n')}` +
        'dn: uid=bob,dc=example,dc=org\nchangetype: delete\n',
    );
    await slapd.kill();
    await slapd.start();
    if (!since || !connector.readChanges || !connector.scanIds) throw new Error('reads no changes');
    const changed = await decodePages(connector.readChanges(scopes, since, signal));
    const titles = new Map(changed.entries.map(({ attributes }) => [`${attributes.uid}`, attributes.title]));
    expect(titles.get('ann')).toEqual(['new']);
    expect(titles.has('zoe')).toBe(true);
    const names: unknown[] = [];
    for await (const page of connector.scanIds(scopes, signal))
      names.push(...page.map(({ distinguishedName }) => distinguishedName?.split(',')[0]));
    expect(names.toSorted()).toEqual(['uid=ann', 'uid=cem', 'uid=zoe']);
  });
});
