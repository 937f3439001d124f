// The LDAP connector against real slapd servers: what it reads, and how each failure is told.
import { execFile } from 'node:child_process';
import { createServer, type Server, type Socket } from 'node:net';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CapableConnector, SourceScope } from '../../connectors/connector.ts';
import { createConnectorRegistry } from '../../connectors/registry.ts';
import type { AttributeValues, SourceEntry } from '../../domain/source-entry.ts';
import { describeWithSlapd, freePort, type Slapd, startSlapd } from '../support/slapd.ts';

const registry = createConnectorRegistry();
const { signal } = new AbortController();
const opened: CapableConnector[] = [];
const READER = 'cn=reader,dc=example,dc=org';
const READER_PASSWORD = 'reader-secret-4711';

function open(config: Record<string, unknown>): CapableConnector {
  const parsed = registry
    .definition('ldap')
    .configSchema.parse({ bindDn: READER, bindPassword: READER_PASSWORD, ...config });
  const connector = registry.open({ id: 'test', type: 'ldap', config: parsed }, { importDirectory: '.' });
  opened.push(connector);
  return connector;
}

function scope(objectClass: string, filter: string | null = null, baseDn: string | null = null): SourceScope {
  return { objectClass, baseDn, filter };
}

interface ReadAll {
  entries: SourceEntry[];
  rejected: { code: string; distinguishedName: string | null }[];
  notices: string[];
}

async function readAll(connector: CapableConnector, scopes = connector.defaultScopes()): Promise<ReadAll> {
  const all: ReadAll = { entries: [], rejected: [], notices: [] };
  for await (const page of connector.read(scopes, signal)) {
    all.entries.push(...page.entries);
    all.rejected.push(...page.rejected);
    all.notices.push(...page.notices);
  }
  return all;
}

const b64 = (text: string | Buffer) => Buffer.from(text as string).toString('base64');
const PHOTO = Buffer.concat([
  Buffer.from('ffd8ffe000104a46494600010100000100010000', 'hex'),
  Buffer.from(Array.from({ length: 999 }, (_, at) => at % 256)),
]);

/** RDN values with everything that is special, and how their DNs are written. */
const AWKWARD = [
  ['Lovelace, Ada', 'cn=Lovelace\\, Ada'],
  ['Grace "Amazing" Hopper', 'cn=Grace \\"Amazing\\" Hopper'],
  ['R + D', 'cn=R \\+ D'],
  ['#1 Sharp', 'cn=\\#1 Sharp'],
  [' Leading', 'cn=\\20Leading'],
  ['Back\\slash; <a> = b', 'cn=Back\\\\slash\\; \\<a\\> \\= b'],
  ['Zoë Müller', 'cn=Zoë Müller'],
  ['Дмитрий', 'cn=Дмитрий'],
  ['山田 太郎', 'cn=山田 太郎'],
  ['Astral 😀', 'cn=Astral 😀'],
] as const;

function person(rdn: string, cn: string, more = '', auxiliary = ''): string {
  return `dn:: ${b64(`${rdn},ou=people,dc=example,dc=org`)}\nobjectClass: inetOrgPerson\n${auxiliary}cn:: ${b64(cn)}\nsn: x\nuserPassword: hidden\n${more}\n`;
}

const TREE = `dn: ${READER}
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: reader
userPassword: ${READER_PASSWORD}

dn: ou=people,dc=example,dc=org
objectClass: organizationalUnit
ou: people

dn: ou=groups,dc=example,dc=org
objectClass: organizationalUnit
ou: groups

dn: ou=empty,dc=example,dc=org
objectClass: organizationalUnit
ou: empty

`;

const LDIF = [
  TREE,
  ...AWKWARD.map(([cn, rdn], index) => person(rdn, cn, `uid: a${index}\njpegPhoto:: ${b64(PHOTO)}\n`)),
  person(
    'uid=posix',
    'Posix',
    'uid: posix\nuidNumber: 1\ngidNumber: 1\nhomeDirectory: /home/posix\ncn;lang-de: Posix auf Deutsch\nuserCertificate;binary:: MAA=\n',
    'objectClass: posixAccount\n',
  ),
  `dn: cn=laptop,ou=people,dc=example,dc=org\nobjectClass: device\ncn: laptop\n\n`,
  `dn:: ${b64(`cn=names,ou=groups,dc=example,dc=org`)}\nobjectClass: groupOfNames\ncn: names\n${AWKWARD.map(([, rdn]) => `member:: ${b64(`${rdn},ou=People, DC=example,dc=org`)}\n`).join('')}\n`,
  `dn: cn=unique,ou=groups,dc=example,dc=org\nobjectClass: groupOfUniqueNames\ncn: unique\nuniqueMember: uid=posix,ou=people,dc=example,dc=org#'0101'B\nuniqueMember: cn=names,ou=groups,dc=example,dc=org\n\n`,
  `dn: cn=posixgroup,ou=groups,dc=example,dc=org\nobjectClass: posixGroup\ncn: posixgroup\ngidNumber: 1\nmemberUid: posix\n\n`,
  `dn: cn=elsewhere,ou=people,dc=example,dc=org\nobjectClass: referral\nobjectClass: extensibleObject\ncn: elsewhere\nref: ldap://other.example.org/dc=other\n\n`,
].join('');

/** All of an entry, as `ldapsearch` sends it: LDIF with every value in base64 where it is not plain. */
async function ldapsearch(server: Slapd): Promise<Map<string, Map<string, string[]>>> {
  const { stdout } = await promisify(execFile)(
    'ldapsearch',
    [
      '-x',
      '-LLL',
      '-o',
      'ldif-wrap=no',
      '-H',
      server.url,
      '-D',
      server.rootDn,
      '-w',
      server.rootPassword,
      '-b',
      server.baseDn,
      '(|(objectClass=inetOrgPerson)(cn=*))',
      '*',
      'entryUUID',
      'createTimestamp',
      'modifyTimestamp',
    ],
    { maxBuffer: 64 << 20 },
  );
  const entries = new Map<string, Map<string, string[]>>();
  for (const block of stdout.split('\n\n')) {
    const attributes = new Map<string, string[]>();
    for (const line of block.split('\n')) {
      const [, name, encoded, value] = /^([^:]+):(:?) (.*)$/.exec(line) ?? [];
      if (name === undefined) continue;
      const base64 = encoded === ':' ? (value as string) : b64(value as string);
      attributes.set(name, [...(attributes.get(name) ?? []), base64]);
    }
    const dn = attributes.get('dn')?.[0];
    if (dn !== undefined) entries.set(Buffer.from(dn, 'base64').toString(), attributes);
  }
  return entries;
}

function inBase64(values: AttributeValues): string[] {
  return Array.isArray(values) ? values.map(b64) : values.binary;
}

describeWithSlapd('the LDAP connector', () => {
  let server: Slapd;
  beforeAll(async () => {
    server = await startSlapd({
      ldif: LDIF,
      acl: [
        'access to attrs=userPassword by anonymous auth by * none',
        'access to dn.subtree="ou=empty,dc=example,dc=org" by * search',
        `access to * by dn.exact="${READER}" read by anonymous read by * search`,
      ],
    });
  });
  afterAll(async () => {
    for (const connector of opened.splice(0)) await connector.close();
    await server?.stop();
  });

  it('gives every attribute exactly as ldapsearch does, but passwords', async () => {
    const expected = await ldapsearch(server);
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
      const theirs = new Map(expected.get(entry.distinguishedName as string));
      theirs.delete('dn');
      theirs.delete('userPassword');
      expect([...own].sort()).toEqual([...theirs].sort());
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

  describe('told apart', () => {
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
    expect(test.checks.at(-1)?.message).toContain('Read 14 users and groups');
    expect(test.serverInfo).toMatchObject({ vendorName: 'OpenLDAP', namingContexts: ['dc=example,dc=org'] });
  });
});

describeWithSlapd('the LDAP connector, as an account whose results are cut', () => {
  let server: Slapd;
  beforeAll(async () => {
    const people = Array.from({ length: 1_200 }, (_, index) =>
      person(`uid=u${index}`, `User ${index}`, `uid: u${index}\n`),
    );
    server = await startSlapd({ ldif: TREE + people.join(''), sizeLimit: 500 });
  });
  afterAll(async () => {
    for (const connector of opened.splice(0)) await connector.close();
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
    for (const connector of opened.splice(0)) await connector.close();
    await server?.stop();
  });

  it('hands a page over in parts, and waits for a caller who takes them slowly', async () => {
    const connector = open({ url: server.url, readTimeoutMs: 200 });
    const sizes: number[] = [];
    for await (const page of connector.read([scope('user')], signal)) {
      for (const { attributes } of page.entries) {
        expect(attributes.jpegPhoto).toEqual({ binary: [b64(LARGE)] });
      }
      sizes.push(page.entries.length);
      // Longer than the time-out: what was not read yet must not count as silence of the server.
      await new Promise((resolve) => setTimeout(resolve, 300));
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

describeWithSlapd('the LDAP connector over TLS', () => {
  let server: Slapd;
  beforeAll(async () => {
    server = await startSlapd({ ldif: LDIF, tls: true });
  });
  afterAll(async () => {
    for (const connector of opened.splice(0)) await connector.close();
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

describe('the LDAP connector and servers that misbehave', () => {
  const servers: Server[] = [];
  const sockets: Socket[] = [];
  afterAll(async () => {
    for (const connector of opened.splice(0)) await connector.close();
    for (const socket of sockets) socket.destroy();
    await Promise.all(servers.map((each) => new Promise((resolve) => each.close(resolve))));
  });

  async function listen(answer: (socket: Socket) => void): Promise<string> {
    const port = await freePort();
    const listening = createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => undefined);
      answer(socket);
    });
    servers.push(listening);
    await new Promise<void>((resolve) => listening.listen(port, '127.0.0.1', resolve));
    return `127.0.0.1:${port}`;
  }

  it.each([
    ['the bind', 'ldap', false, 'bind'],
    ['TLS', 'ldaps', false, 'tls'],
    ['StartTLS', 'ldap', true, 'tls'],
  ])('times out when %s is never answered', async (_what, scheme, startTls, check) => {
    const target = await listen(() => undefined);
    const started = performance.now();
    const test = await open({ url: `${scheme}://${target}`, startTls, connectTimeoutMs: 300 }).test(signal);
    expect(performance.now() - started).toBeLessThan(2_000);
    expect(test.checks.at(-1)).toMatchObject({
      name: check,
      ok: false,
      message: expect.stringContaining('300 ms'),
    });
  });

  it('says that something else listens there', async () => {
    const target = await listen((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await expect(open({ url: `ldap://${target}` }).connect(signal)).rejects.toMatchObject({
      code: 'source_error',
    });
  });

  it('says that the connection was closed', async () => {
    const target = await listen((socket) => socket.once('data', () => socket.destroy()));
    await expect(open({ url: `ldap://${target}` }).connect(signal)).rejects.toMatchObject({
      code: 'connection_lost',
      retryable: true,
    });
  });

  it('stops waiting for a bind when it is told to', async () => {
    const target = await listen(() => undefined);
    const controller = new AbortController();
    const connecting = open({ url: `ldap://${target}` }).connect(controller.signal);
    setTimeout(() => controller.abort(new Error('cancelled here')), 50);
    await expect(connecting).rejects.toThrow('cancelled here');
  });
});
