// What the searches of an incremental run ask a real server for: ids alone in the scan, and changes from before the
// watermark, since a replica hands on what was changed a while ago.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { CapableConnector } from '../../connectors/connector.ts';
import { decodePages } from '../support/decode-all.ts';
import { startFailingProxy } from '../support/failing-proxy.ts';
import { ldapSource, scope } from '../support/ldap-source.ts';
import { describeWithSlapd, type Slapd, startSlapd } from '../support/slapd.ts';
import { until } from '../support/until.ts';

const person = (uid: string) =>
  `dn: uid=${uid},dc=example,dc=org\nobjectClass: inetOrgPerson\nuid: ${uid}\ncn: ${uid}\nsn: ${uid}\n\n`;

describeWithSlapd('an incremental read of a directory', () => {
  const { open, readAll, signal } = ldapSource();
  const scopes = [scope('user')];
  let slapd: Slapd;

  beforeAll(async () => {
    slapd = await startSlapd({ ldif: ['ann', 'bob'].map(person).join('') });
  });

  afterAll(() => slapd?.stop());

  const opened = (config: Record<string, unknown> = {}) =>
    open({
      url: slapd.url,
      bindDn: slapd.rootDn,
      bindPassword: slapd.rootPassword,
      ...config,
    }) as Required<CapableConnector>;

  it('scans ids without asking for any other attribute', async () => {
    // A server that does not bear to be asked for names.
    const proxy = await startFailingProxy(slapd.url, { request: 'givenName', by: 'cutting' });
    try {
      const connector = opened({ url: proxy.url.replace('http', 'ldap') });
      const names: (string | null)[] = [];
      for await (const page of connector.scanIds(scopes, signal))
        names.push(...page.map(({ distinguishedName }) => distinguishedName));
      expect(names.sort()).toEqual(['uid=ann,dc=example,dc=org', 'uid=bob,dc=example,dc=org']);
      await expect(readAll(connector, scopes)).rejects.toMatchObject({ code: 'connection_lost' });
    } finally {
      await proxy.close();
    }
  });

  it('reaches back by its overlap, so that what arrives late is not missed', async () => {
    await slapd.apply('dn: uid=ann,dc=example,dc=org\nchangetype: modify\nreplace: title\ntitle: late\n');
    const changed = async (changeOverlapSeconds: number) => {
      const connector = opened({ changeOverlapSeconds });
      const { entries } = await decodePages(
        connector.readChanges(scopes, await connector.watermark(signal), signal),
      );
      return entries.map(({ attributes }) => String(attributes.uid));
    };
    // The watermark is taken when the change is a second old, as if a replica had brought it only now.
    await until('the change to be older than the watermark', async () => (await changed(0)).length === 0);
    expect(await changed(300)).toContain('ann');
  });
});
