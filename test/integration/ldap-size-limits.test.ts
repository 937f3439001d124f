// Reads as an account whose results the server cuts: they fail, and nothing is taken for complete.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { ldapSource } from '../support/ldap-source.ts';
import { person, TREE } from '../support/ldap-tree.ts';
import { describeWithSlapd, type Slapd, startSlapd } from '../support/slapd.ts';

const { open, readAll, signal, closeAll } = ldapSource();

describeWithSlapd('the LDAP connector, as an account whose results are cut', () => {
  let server: Slapd;
  beforeAll(async () => {
    const people = Array.from({ length: 1_200 }, (_, index) =>
      person(`uid=u${index}`, `User ${index}`, `uid: u${index}\n`),
    );
    server = await startSlapd({ ldif: TREE + people.join(''), sizeLimit: 500 });
  });
  afterAll(async () => {
    await closeAll();
    await server?.stop();
  });

  it.each([100, 400, 1_000])('fails a read in pages of %d', async (pageSize) => {
    await expect(readAll(open({ url: server.url, pageSize }))).rejects.toMatchObject({
      code: 'size_limit_exceeded',
      retryable: false,
      message: expect.stringMatching(/500 entries.*olcLimits/),
    });
  });

  it('says so in the connection test', async () => {
    const test = await open({ url: server.url, pageSize: 100 }).test(signal);
    expect(test.checks.at(-1)).toMatchObject({
      name: 'read',
      ok: false,
      message: expect.stringContaining('500 entries'),
    });
  });

  it('reads everything as an account without that limit', async () => {
    const connector = open({
      url: server.url,
      pageSize: 100,
      bindDn: server.rootDn,
      bindPassword: server.rootPassword,
    });
    expect((await readAll(connector)).entries).toHaveLength(1_200);
  });
});
