// Entries so large that a page comes in parts, and callers who are slower than the server.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { decodeAll } from '../support/decode-all.ts';
import { ldapSource, scope } from '../support/ldap-source.ts';
import { b64, PHOTO, person, TREE } from '../support/ldap-tree.ts';
import { startSilentServer } from '../support/silent-server.ts';
import { describeWithSlapd, type Slapd, startSlapd } from '../support/slapd.ts';

const { open, readAll, signal, closeAll } = ldapSource();

describeWithSlapd('the LDAP connector and entries that are large', () => {
  const LARGE = Buffer.concat([PHOTO, Buffer.alloc(200_000, 0xa5)]);
  const COUNT = 120;
  let server: Slapd;
  beforeAll(async () => {
    const photo = `jpegPhoto:: ${b64(LARGE)}\n`;
    const people = Array.from({ length: COUNT }, (_, index) =>
      person(`uid=u${index}`, `User ${index}`, `uid: u${index}\n${photo}`),
    );
    server = await startSlapd({ ldif: TREE + people.join('') });
  });
  afterAll(async () => {
    await closeAll();
    await server?.stop();
  });

  it('hands a page over in parts, and waits for a caller who takes them slowly', async () => {
    const connector = open({ url: server.url, readTimeoutMs: 200 });
    const silent = await startSilentServer();
    const sizes: number[] = [];
    try {
      for await (const page of connector.read([scope('user')], signal)) {
        for (const { attributes } of decodeAll(page).entries) {
          expect(attributes.jpegPhoto).toEqual({ binary: [b64(LARGE)] });
        }
        sizes.push(page.entries.length);
        // A time-out of the same length that began later is over: what was not read yet must not count as silence.
        const other = open({ url: `ldap://${silent.target}`, connectTimeoutMs: 200 });
        await expect(other.connect(signal)).rejects.toMatchObject({ code: 'timeout' });
      }
    } finally {
      await silent.close();
    }
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(COUNT);
    expect(Math.max(...sizes)).toBeLessThan(COUNT / 3);
  });

  it('goes on with something else after a read that was left early', async () => {
    const connector = open({ url: server.url, readTimeoutMs: 2_000 });
    const ids: string[] = [];
    for await (const page of connector.read([scope('user')], signal)) {
      ids.push(...page.entries.map(({ sourceId }) => sourceId));
      break;
    }
    expect(await connector.findExisting?.(ids, [scope('user')], signal)).toEqual(new Set(ids));
    expect((await readAll(connector, [scope('user')])).entries).toHaveLength(COUNT);
  });
});
