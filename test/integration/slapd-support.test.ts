// The test directory itself: that it loads, answers, limits, encrypts, and survives being killed.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, expect, it } from '@jest/globals';
import { describeWithSlapd, type Slapd, type SlapdOptions, startSlapd } from '../support/slapd.ts';

const execute = promisify(execFile);

function person(uid: string): string {
  return [
    `dn: uid=${uid},dc=example,dc=org`,
    'objectClass: inetOrgPerson',
    `uid: ${uid}`,
    `cn: Person ${uid}`,
    'sn: Person',
    'userPassword: secret',
    '',
    '',
  ].join('\n');
}

describeWithSlapd('the test directory', () => {
  const servers: Slapd[] = [];

  async function start(options?: SlapdOptions): Promise<Slapd> {
    const server = await startSlapd(options);
    servers.push(server);
    return server;
  }

  async function search(url: string, extra: string[] = [], environment = {}): Promise<string[]> {
    const { stdout } = await execute(
      'ldapsearch',
      ['-x', '-LLL', '-H', url, '-b', 'dc=example,dc=org', ...extra, '(objectClass=inetOrgPerson)', 'uid'],
      { env: { ...process.env, ...environment } },
    );
    return stdout.split('\n').filter((line) => line.startsWith('uid: '));
  }

  afterEach(async () => {
    for (const server of servers.splice(0)) {
      await server.stop();
      expect(existsSync(server.directory)).toBe(false);
    }
  });

  it('loads LDIF text and a file, adds the base entry, and applies changes', async () => {
    const fromText = await start({ ldif: person('a') + person('b') });
    expect(await search(fromText.url)).toEqual(['uid: a', 'uid: b']);
    await fromText.apply('dn: uid=a,dc=example,dc=org\nchangetype: delete\n');
    expect(await search(fromText.url)).toEqual(['uid: b']);
    await expect(fromText.apply('dn: uid=a,dc=example,dc=org\nchangetype: delete\n')).rejects.toThrow(
      'No such object',
    );

    const file = join(fromText.directory, 'people.ldif');
    await writeFile(file, person('c'));
    const fromFile = await start({ ldif: { file } });
    expect(await search(fromFile.url)).toEqual(['uid: c']);
  });

  it('keeps its data and port when it is killed and started again', async () => {
    const server = await start({ ldif: person('a') });
    const pid = server.pid;
    await server.apply(`${person('z').replace('\n', '\nchangetype: add\n')}`);
    await server.kill();
    await expect(search(server.url)).rejects.toThrow("Can't contact LDAP server");
    await server.start();
    expect(server.pid).not.toBe(pid);
    expect(await search(server.url)).toEqual(['uid: a', 'uid: z']);
  });

  it('cuts results for ordinary accounts, not for the root account', async () => {
    const server = await start({ ldif: person('a') + person('b') + person('c'), sizeLimit: 2 });
    const asPerson = ['-D', 'uid=a,dc=example,dc=org', '-w', 'secret', '-E', 'pr=1/noprompt'];
    await expect(search(server.url, asPerson)).rejects.toThrow('Size limit exceeded');
    const asRoot = ['-D', server.rootDn, '-w', server.rootPassword];
    expect(await search(server.url, asRoot)).toHaveLength(3);
  });

  it('follows the access lines it is given', async () => {
    const acl = ['access to dn.base="uid=a,dc=example,dc=org" by * none', 'access to * by * read'];
    const server = await start({ ldif: person('a') + person('b'), acl });
    expect(await search(server.url)).toEqual(['uid: b']);
  });

  it('serves ldaps and StartTLS with a certificate of its own CA only', async () => {
    const server = await start({ ldif: person('a'), tls: true });
    const trusting = { LDAPTLS_CACERT: join(server.directory, 'ca.pem') };
    expect(await search(server.ldapsUrl, [], trusting)).toEqual(['uid: a']);
    expect(await search(server.url, ['-ZZ'], trusting)).toEqual(['uid: a']);
    expect(server.caCertificate).toContain('BEGIN CERTIFICATE');
    await expect(search(server.ldapsUrl)).rejects.toThrow("Can't contact LDAP server");
  });
});
