// Connecting to a real domain: LDAPS, StartTLS, the connection test, wrong passwords, and servers of another kind.
import { expect, it } from '@jest/globals';
import { createConnectorRegistry } from '../../connectors/registry.ts';
import { describeWithSamba, directorySource } from '../support/samba.ts';
import { DOMAIN } from '../support/samba-seed.ts';
import { describeWithSlapd, startSlapd } from '../support/slapd.ts';

describeWithSamba('connecting to Active Directory', () => {
  const source = directorySource();
  const { signal } = source;

  it.each(['ldaps', 'StartTLS'])('reads by %s with the own authority', async (way) => {
    const { server } = source;
    const connector = source.open({
      url: way === 'ldaps' ? server.ldapsUrl : server.url,
      startTls: way === 'StartTLS',
      caCertificate: server.caCertificate,
    });
    const scopes = [{ objectClass: 'group', baseDn: null, filter: null }];
    const { entries } = await source.readAll(connector, scopes);
    expect(entries.length).toBeGreaterThan(20);
    const test = await connector.test(signal);
    expect(test.checks.map(({ name, ok }) => `${name} ${ok}`)).toEqual(
      ['resolve', 'connect', 'tls', 'bind', 'base', 'read'].map((name) => `${name} true`),
    );
    expect(test.checks[4]?.message).toContain(`'${DOMAIN}'`);
    expect(test.serverInfo).toMatchObject({ dnsHostName: 'dc1.example.test' });
  });

  it('refuses a certificate that it cannot trust', async () => {
    const { checks } = await source.open({ url: source.server.ldapsUrl }).test(signal);
    expect(checks.at(-1)).toMatchObject({ name: 'tls', ok: false });
  });

  it('says that a password is wrong', async () => {
    await expect(source.open({ bindPassword: 'wrong' }).connect(signal)).rejects.toMatchObject({
      code: 'invalid_credentials',
    });
  });
});

describeWithSlapd('a server that is no domain controller', () => {
  const { signal } = new AbortController();

  it('is refused in words', async () => {
    const server = await startSlapd();
    try {
      const connector = createConnectorRegistry().open(
        { id: 'test', type: 'active-directory', config: { url: server.url } },
        { importDirectory: '.' },
      );
      const wrong = /no domain controller.*'ldap'/;
      await expect(connector.connect(signal)).rejects.toThrow(wrong);
      const { checks } = await connector.test(signal);
      expect(checks.at(-1)).toMatchObject({ name: 'base', ok: false, message: expect.stringMatching(wrong) });
      await connector.close();
    } finally {
      await server.stop();
    }
  });
});
