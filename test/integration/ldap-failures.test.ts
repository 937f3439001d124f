// How the LDAP connector tells failures apart, in its connection test and in a read.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { ldapSource, scope } from '../support/ldap-source.ts';
import { LDIF, READER_ACL } from '../support/ldap-tree.ts';
import { describeWithSlapd, type Slapd, startSlapd } from '../support/slapd.ts';

const { open, readAll, signal, closeAll } = ldapSource();

describeWithSlapd('the LDAP connector tells apart', () => {
  let server: Slapd;
  beforeAll(async () => {
    server = await startSlapd({ ldif: LDIF, acl: READER_ACL });
  });
  afterAll(async () => {
    await closeAll();
    await server?.stop();
  });

  const failures: [string, () => Record<string, unknown>, string, string, RegExp][] = [
    [
      'an unknown host',
      () => ({ url: 'ldap://does-not-exist.invalid' }),
      'resolve',
      'host_not_found',
      /does-not-exist\.invalid.* unknown/,
    ],
    [
      'a metadata address',
      () => ({ url: 'ldap://169.254.169.254' }),
      'resolve',
      'address_not_allowed',
      /not allowed/,
    ],
    ['a refused port', () => ({ url: 'ldap://127.0.0.1:1' }), 'connect', 'connection_refused', /refused/],
    [
      'a wrong password',
      () => ({ bindPassword: 'wrong-password-815' }),
      'bind',
      'invalid_credentials',
      /refused the bind DN or its password/,
    ],
    [
      'an unknown account',
      () => ({ bindDn: 'cn=nobody,dc=example,dc=org' }),
      'bind',
      'invalid_credentials',
      /cn=nobody/,
    ],
    [
      'a missing base',
      () => ({ baseDns: ['ou=gone,ou=people,dc=example,dc=org'] }),
      'base',
      'base_not_found',
      /ou=gone.*nearest.*'ou=people,dc=example,dc=org'/,
    ],
    ['no StartTLS', () => ({ startTls: true }), 'tls', 'tls_failed', /does not offer StartTLS/],
    [
      'no TLS on the port',
      () => ({ url: server.url.replace('ldap:', 'ldaps:') }),
      'tls',
      'tls_failed',
      /may not speak TLS/,
    ],
  ];

  it.each(failures)('%s', async (_what, config, check, code, message) => {
    const connector = open({ url: server.url, ...config() });
    const started = performance.now();
    const test = await connector.test(signal);
    expect(performance.now() - started).toBeLessThan(6_000);
    expect(test.ok).toBe(false);
    expect(test.checks.at(-1)).toMatchObject({
      name: check,
      ok: false,
      message: expect.stringMatching(message),
    });
    expect(test.checks.slice(0, -1).every(({ ok }) => ok)).toBe(true);
    expect(JSON.stringify(test)).not.toMatch(/reader-secret|wrong-password/);
    await expect(readAll(connector)).rejects.toMatchObject({
      code,
      message: expect.not.stringMatching(/reader-secret|wrong-password/),
    });
  });

  it('no right to read', async () => {
    const connector = open({ url: server.url, baseDns: ['ou=empty,dc=example,dc=org'] });
    const test = await connector.test(signal);
    expect(test.checks.at(-1)).toMatchObject({
      ok: false,
      message: expect.stringMatching(/no right to read/),
    });
    const other = open({
      url: server.url,
      bindDn: 'uid=posix,ou=people,dc=example,dc=org',
      bindPassword: 'hidden',
    });
    expect((await other.test(signal)).checks.at(-1)).toMatchObject({
      ok: false,
      message: expect.stringMatching(/right to read/),
    });
  });

  it('a filter that is not valid, before anything is read', async () => {
    await expect(readAll(open({ url: server.url }), [scope('user', '(cn=a')])).rejects.toMatchObject({
      code: 'invalid_filter',
    });
  });

  it('a server that goes away in the middle of a read', async () => {
    const connector = open({ url: server.url, pageSize: 2 });
    const pages = connector.read(connector.defaultScopes(), signal)[Symbol.asyncIterator]();
    await pages.next();
    await server.kill();
    try {
      const rest = async () => {
        for (;;) if ((await pages.next()).done) return;
      };
      await expect(rest()).rejects.toMatchObject({ code: 'connection_lost', retryable: true });
    } finally {
      await server.start();
    }
  });

  it('an abort in the middle of a read', async () => {
    const controller = new AbortController();
    const connector = open({ url: server.url, pageSize: 2 });
    const pages = connector.read(connector.defaultScopes(), controller.signal)[Symbol.asyncIterator]();
    await pages.next();
    controller.abort(new Error('cancelled here'));
    const rest = async () => {
      for (;;) if ((await pages.next()).done) return;
    };
    await expect(rest()).rejects.toThrow('cancelled here');
  });
});
