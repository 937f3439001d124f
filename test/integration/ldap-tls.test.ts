// LDAP over TLS, by ldaps and StartTLS, with a certificate that is trusted and one that is not.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { ldapSource } from '../support/ldap-source.ts';
import { AWKWARD, LDIF } from '../support/ldap-tree.ts';
import { describeWithSlapd, type Slapd, startSlapd } from '../support/slapd.ts';

const { open, readAll, signal, closeAll } = ldapSource();

describeWithSlapd('the LDAP connector over TLS', () => {
  let server: Slapd;
  beforeAll(async () => {
    server = await startSlapd({ ldif: LDIF, tls: true });
  });
  afterAll(async () => {
    await closeAll();
    await server?.stop();
  });

  it.each(['ldaps', 'StartTLS'])('reads by %s with the own authority', async (way) => {
    const url = way === 'ldaps' ? server.ldapsUrl : server.url;
    const connector = open({ url, startTls: way === 'StartTLS', caCertificate: server.caCertificate });
    expect((await readAll(connector)).entries).toHaveLength(AWKWARD.length + 4);
    const test = await connector.test(signal);
    expect(test.checks[2]).toMatchObject({
      name: 'tls',
      ok: true,
      message: expect.stringContaining(way === 'ldaps' ? 'ldaps' : 'StartTLS'),
    });
  });

  it.each(['ldaps', 'StartTLS'])(
    'refuses a certificate it cannot trust by %s, before the password is sent',
    async (way) => {
      const connector = open({
        url: way === 'ldaps' ? server.ldapsUrl : server.url,
        startTls: way === 'StartTLS',
      });
      const test = await connector.test(signal);
      expect(test.checks.at(-1)).toMatchObject({
        name: 'tls',
        ok: false,
        message: expect.stringMatching(/not trusted.*caCertificate/),
      });
      await expect(connector.connect(signal)).rejects.toMatchObject({
        code: 'tls_untrusted',
        retryable: false,
      });
    },
  );
});
