// The CSV connector on real files: what it reads, what it refuses, and how much memory it takes.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { appendFile, mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { stringify } from 'csv-stringify/sync';
import fc from 'fast-check';
import type { CapableConnector, SourceScope } from '../../connectors/connector.ts';
import { createConnectorRegistry } from '../../connectors/registry.ts';
import type { RejectedEntry, SourceEntry } from '../../domain/source-entry.ts';

const registry = createConnectorRegistry();
const { signal } = new AbortController();
let root: string;
let folder: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'csv-connector-'));
  folder = join(root, 'import');
  await mkdir(folder);
});
afterAll(() => rm(root, { recursive: true, force: true }));

function open(config: Record<string, unknown>): CapableConnector {
  const parsed = registry
    .definition('csv')
    .configSchema.parse({ file: 'people.csv', keyColumn: 'id', ...config });
  return registry.open({ id: 'test', type: 'csv', config: parsed }, { importDirectory: folder });
}

async function readAll(connector: CapableConnector, scopes: SourceScope[] = connector.defaultScopes()) {
  const entries: SourceEntry[] = [];
  const rejected: RejectedEntry[] = [];
  const notices: string[] = [];
  for await (const page of connector.read(scopes, signal)) {
    entries.push(...page.entries);
    rejected.push(...page.rejected);
    notices.push(...page.notices);
  }
  return { entries, rejected, notices };
}

async function readText(text: string | Buffer, config: Record<string, unknown> = {}) {
  await writeFile(join(folder, 'people.csv'), text);
  return readAll(open(config));
}

const user: SourceScope = { objectClass: 'user', baseDn: null, filter: null };

describe('the CSV connector reads', () => {
  it('quoted values, doubled quotes and line breaks, after a byte order mark', async () => {
    const { entries, rejected } = await readText(
      '\ufeffid,name\r\n1,"Lovelace, ""Ada""\r\nCountess"\r\n2,Grace\r\n',
    );
    expect(rejected).toEqual([]);
    expect(entries.map(({ attributes }) => attributes)).toEqual([
      { id: ['1'], name: ['Lovelace, "Ada"\r\nCountess'] },
      { id: ['2'], name: ['Grace'] },
    ]);
    expect(entries[0]).toMatchObject({
      sourceId: '1',
      objectClass: 'user',
      distinguishedName: null,
      referenceKey: 'id:1',
      memberAttribute: null,
    });
  });

  it.each([';', '\t', '|', '||', ' ; '])('values separated by %j', async (delimiter) => {
    const { entries } = await readText(`id${delimiter}name\n1${delimiter}Ada, Countess\n`, { delimiter });
    expect(entries[0]?.attributes).toEqual({ id: ['1'], name: ['Ada, Countess'] });
  });

  it.each([
    ['utf-8', 'utf-8', (text: string) => Buffer.from(text)],
    ['utf-16le', 'utf-16le', (text: string) => Buffer.from(text, 'utf16le')],
    ['UTF-16 by its mark', 'utf-8', (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le')],
    [
      'big-endian UTF-16 by its mark',
      'utf-8',
      (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le').swap16(),
    ],
    ['latin1', 'latin1', (text: string) => Buffer.from(text, 'latin1')],
    ['windows-1252', 'Windows-1252', (text: string) => Buffer.from(text, 'latin1')],
  ])('files in %s', async (_what, encoding, encode) => {
    const rows = Array.from({ length: 40_000 }, (_, index) => `${index},Zoë Müller ${index}\r\n`).join('');
    const { entries } = await readText(encode(`id,name\r\n${rows}`), { encoding });
    expect(entries).toHaveLength(40_000);
    expect(
      entries.every(
        ({ sourceId, attributes }) => (attributes.name as string[])[0] === `Zoë Müller ${sourceId}`,
      ),
    ).toBe(true);
  });

  it('any values that a CSV writer wrote', async () => {
    const value = fc.string({ unit: fc.constantFrom(...'aé山😀 ,;"\r\n\t=|') });
    const table = fc.array(fc.tuple(value, value), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(table, fc.constantFrom(',', ';', '\t'), async (values, delimiter) => {
        const rows = values.map(([one, other], index) => [String(index), one, other]);
        const { entries, rejected } = await readText(
          stringify([['id', 'one', 'other'], ...rows], { delimiter, quoted: true, record_delimiter: '\r\n' }),
          { delimiter },
        );
        expect(rejected).toEqual([]);
        expect(entries.map(({ attributes }) => [attributes.id, attributes.one, attributes.other])).toEqual(
          rows.map((row) => row.map((cell) => (cell === '' ? undefined : [cell]))),
        );
      }),
      { numRuns: 100 },
    );
  });

  it('classes by their column, whatever their case, and several values in one', async () => {
    const { entries, notices } = await readText(
      'id,Kind,mail,members\n1,USER,a@x|b@x,\n2,Person,,\ng,Group,,1|2\nc,device,,\nr,role,,\n',
      { classColumn: 'kind', multiValueSeparator: '|' },
    );
    expect(entries.map(({ sourceId, objectClass }) => [sourceId, objectClass])).toEqual([
      ['1', 'user'],
      ['2', 'user'],
      ['g', 'group'],
      ['c', 'computer'],
    ]);
    expect(entries[0]?.attributes.mail).toEqual(['a@x', 'b@x']);
    expect(entries[2]).toMatchObject({
      memberAttribute: 'members',
      memberValues: ['1', '2'],
      attributes: { id: ['g'] },
    });
    expect(entries[2]?.attributes).not.toHaveProperty('members');
    expect(notices).toContainEqual(expect.stringContaining("class 'role'"));
  });

  it('only the classes that are asked for', async () => {
    await writeFile(join(folder, 'people.csv'), 'id,kind\n1,user\ng,group\n');
    const { entries } = await readAll(open({ classColumn: 'kind' }), [user]);
    expect(entries.map(({ sourceId }) => sourceId)).toEqual(['1']);
  });

  it('members from a second file in any order, and says what has no group', async () => {
    await writeFile(
      join(folder, 'members.csv'),
      'member,note,group\n1,x,g\n2,x,h\n2,x,g\n1,x,g\n9,x,gone\n,x,g\n',
    );
    const { entries, rejected, notices } = await readText(
      'id,kind\nh,group\n1,user\ng,group\n2,user\ni,group\n',
      {
        classColumn: 'kind',
        membershipFile: 'members.csv',
      },
    );
    const groups = entries.filter(({ objectClass }) => objectClass === 'group');
    expect(Object.fromEntries(groups.map(({ sourceId, memberValues }) => [sourceId, memberValues]))).toEqual({
      h: ['2'],
      g: ['1', '2'],
      i: [],
    });
    expect(rejected).toMatchObject([
      { code: 'malformed_row', message: expect.stringContaining("Line 7 of 'members.csv'") },
    ]);
    expect(notices).toContainEqual(expect.stringContaining("'gone'"));
  });

  it('references by key and by distinguished name', async () => {
    await writeFile(join(folder, 'people.csv'), 'id,dn,manager\n1,"CN=Boss, DC=x",\n2,,"cn=boss,dc=X"\n');
    const connector = open({});
    const { entries } = await readAll(connector);
    expect(entries[0]).toMatchObject({ distinguishedName: 'CN=Boss, DC=x', alternateKey: 'dn:cn=boss,dc=x' });
    expect(connector.referenceKey('cn=boss,dc=X', 'manager')).toBe(entries[0]?.alternateKey);
    expect(connector.referenceKey(' 1 ', 'manager')).toBe('id:1');
    expect(connector.referenceKey('', 'manager')).toBeNull();
  });

  it('no column that holds passwords', async () => {
    const result = await readText('id,userPassword,memberOf\n1,hidden-4711,g\n');
    expect(JSON.stringify(result)).not.toContain('hidden-4711');
    expect(result.notices).toContainEqual(expect.stringContaining('userPassword'));
    expect(result.entries[0]).toMatchObject({
      attributes: { id: ['1'] },
      sideAttributes: { memberOf: ['g'] },
    });
  });

  it('the schema out of the header', async () => {
    await writeFile(join(folder, 'people.csv'), 'id,kind,mail,password\n');
    const schema = await open({ classColumn: 'kind', multiValueSeparator: ';' }).schema?.(signal);
    expect(schema?.map(({ name, multiValued }) => [name, multiValued])).toEqual([
      ['id', false],
      ['kind', false],
      ['mail', true],
    ]);
  });
});

describe('the CSV connector goes on after a bad row', () => {
  it('and says which line it is and why', async () => {
    const { entries, rejected } = await readText(
      'id,name\n1,a\n2\n,nobody\n"3","two\nlines"\n1,again\n4,a\0b\n5,e\n',
    );
    expect(entries.map(({ sourceId }) => sourceId)).toEqual(['1', '3', '5']);
    expect(rejected.map(({ code, message }) => [code, message.match(/Line \d+/)?.[0]])).toEqual([
      ['malformed_row', 'Line 3'],
      ['no_key', 'Line 4'],
      ['undecodable', 'Line 8'],
      ['malformed_row', 'Line 7'],
    ]);
    expect(rejected.at(-1)?.message).toContain("key '1' is that of line 2");
  });

  it('and takes the first of any keys that repeat', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 80 }), async (keys) => {
        const { entries, rejected } = await readText(
          `id,at\n${keys.map((key, at) => `${key},${at}\n`).join('')}`,
        );
        const taken = entries
          .map(({ attributes }) => Number((attributes.at as string[])[0]))
          .sort((a, b) => a - b);
        expect(taken).toEqual(keys.flatMap((key, at) => (keys.indexOf(key) === at ? [at] : [])));
        expect(taken.length + rejected.length).toBe(keys.length);
      }),
      { numRuns: 60 },
    );
  });
});

describe('the CSV connector ends with a reason', () => {
  it.each([
    ['a quote that is not closed', 'id,name\n1,"open\n2,b\n', /line \d+: a quoted value does not end/],
    ['text after a quote', 'id,name\n1,"a"b\n', /line 2: something other than the delimiter/],
    ['a missing key column', 'key,name\n1,a\n', /no column 'id'.*'key', 'name'/],
    ['a column that is there twice', 'id,name,NAME\n1,a,b\n', /'NAME' is there twice/],
    ['an empty file', '', /no column 'id'/],
    ['another encoding', Buffer.from('id,name\n1,a\n2,Zo\xeb\n', 'latin1'), /not in UTF-8 \(line 3\)/],
  ])('on %s', async (_what, text, message) => {
    await expect(readText(text)).rejects.toMatchObject({
      code: 'malformed_file',
      retryable: false,
      message: expect.stringMatching(message),
    });
  });

  it('when the file changes while it is read', async () => {
    const rows = Array.from({ length: 60_000 }, (_, index) => `${index},some name\n`).join('');
    await writeFile(join(folder, 'people.csv'), `id,name\n${rows}`);
    const pages = open({}).read([user], signal)[Symbol.asyncIterator]();
    await pages.next();
    await appendFile(join(folder, 'people.csv'), '60000,late\n');
    const rest = async () => {
      for (;;) if ((await pages.next()).done) return;
    };
    await expect(rest()).rejects.toMatchObject({ code: 'source_busy', retryable: true });
  });

  it('when another file takes its place while it is read', async () => {
    const text = `id,name\n${'1,a\n'}`;
    await writeFile(join(folder, 'people.csv'), text);
    const pages = open({}).read([user], signal)[Symbol.asyncIterator]();
    await pages.next();
    await writeFile(join(folder, 'other.csv'), text);
    await rename(join(folder, 'other.csv'), join(folder, 'people.csv'));
    const rest = async () => {
      for (;;) if ((await pages.next()).done) return;
    };
    await expect(rest()).rejects.toMatchObject({ code: 'source_busy' });
  });

  it('on a filter or a base', async () => {
    await writeFile(join(folder, 'people.csv'), 'id\n1\n');
    await expect(readAll(open({}), [{ ...user, filter: '(cn=*)' }])).rejects.toMatchObject({
      code: 'invalid_filter',
    });
    await expect(readAll(open({}), [{ ...user, baseDn: 'dc=x' }])).rejects.toMatchObject({
      code: 'invalid_configuration',
    });
  });
});

describe('the CSV connector stays in the import folder', () => {
  beforeAll(async () => {
    await writeFile(join(root, 'outside.csv'), 'id\nsecret-outside\n');
    await mkdir(join(root, 'import-other'));
    await writeFile(join(root, 'import-other', 'near.csv'), 'id\nsecret-outside\n');
    await mkdir(join(folder, 'sub'));
    await writeFile(join(folder, 'sub', 'inside.csv'), 'id\n1\n');
    await symlink(join(root, 'outside.csv'), join(folder, 'link.csv'));
    await symlink('../import-other', join(folder, 'near'));
    await symlink('sub/inside.csv', join(folder, 'good-link.csv'));
    await symlink('circle.csv', join(folder, 'circle.csv'));
    await promisify(execFile)('mkfifo', [join(folder, 'pipe.csv')]);
  });

  it.each(['sub/inside.csv', 'good-link.csv', './sub/inside.csv'])('and reads %s', async (file) => {
    expect((await readAll(open({ file }))).entries).toHaveLength(1);
  });

  it.each([
    '../outside.csv',
    'sub/../../outside.csv',
    '/etc/passwd',
    'C:\\x.csv',
    '..\\outside.csv',
    'a\0b',
    'sub/',
  ])('and does not accept %j as a setting', (file) => {
    expect(registry.definition('csv').configSchema.safeParse({ file, keyColumn: 'id' }).success).toBe(false);
  });

  it.each([
    ['link.csv', 'file_not_allowed'],
    ['near/near.csv', 'file_not_allowed'],
    ['circle.csv', 'file_not_allowed'],
    ['sub', 'file_not_allowed'],
    ['pipe.csv', 'file_not_allowed'],
    ['absent.csv', 'file_not_found'],
    ['sub/inside.csv/x', 'file_not_found'],
  ])('and refuses %s', async (file, code) => {
    const connector = open({ file });
    await expect(connector.connect(signal)).rejects.toMatchObject({
      code,
      message: expect.not.stringContaining(root),
    });
    const test = await connector.test(signal);
    expect(test.checks).toEqual([expect.objectContaining({ name: 'resolve', ok: false })]);
    expect(JSON.stringify(test)).not.toContain('secret-outside');
  });

  it('refuses a membership file outside as well', async () => {
    await writeFile(join(folder, 'people.csv'), 'id,kind\ng,group\n');
    await expect(readAll(open({ classColumn: 'kind', membershipFile: 'link.csv' }))).rejects.toMatchObject({
      code: 'file_not_allowed',
    });
  });
});

describe('the test of a CSV connection', () => {
  it('runs all six checks', async () => {
    await writeFile(join(folder, 'people.csv'), 'id,name\n1,a\n2\n');
    const test = await open({}).test(signal);
    expect(test.ok).toBe(true);
    expect(test.checks.map(({ name }) => name)).toEqual([
      'resolve',
      'connect',
      'tls',
      'bind',
      'base',
      'read',
    ]);
    expect(test.checks[2]?.message).toBe('Not used by CSV.');
    expect(test.checks[5]?.message).toMatch(/2 columns.*first 2 rows.*1 of them/);
  });

  it('finds a header that does not fit', async () => {
    await writeFile(join(folder, 'people.csv'), 'key\n1\n');
    expect((await open({}).test(signal)).checks.at(-1)).toMatchObject({
      name: 'read',
      ok: false,
      message: expect.stringContaining("'id'"),
    });
  });

  it('finds a membership file that does not fit', async () => {
    await writeFile(join(folder, 'people.csv'), 'id,kind\n1,user\n');
    await writeFile(join(folder, 'members.csv'), 'gruppe,member\n');
    const test = await open({ classColumn: 'kind', membershipFile: 'members.csv' }).test(signal);
    expect(test.checks.at(-1)).toMatchObject({
      name: 'read',
      ok: false,
      message: expect.stringContaining("'group'"),
    });
  });
});

describe('the CSV connector and large files', () => {
  const USERS = 300_000;
  const GROUPS = 3_000;

  async function writeLarge(name: string, lines: Iterable<string>): Promise<void> {
    const output = createWriteStream(join(folder, name));
    let chunk = '';
    for (const line of lines) {
      chunk += line;
      if (chunk.length < 1 << 20) continue;
      if (!output.write(chunk)) await once(output, 'drain');
      chunk = '';
    }
    output.end(chunk);
    await finished(output);
  }

  it('reads them in a heap of 64 MB', async () => {
    await writeLarge(
      'large.csv',
      (function* () {
        yield 'id,kind,name,mail,department,title,phone\r\n';
        for (let index = 0; index < USERS; index += 1) {
          yield `u${index},user,"Number ${index}, of many","u${index}@example.org",Department ${index % 40},Engineer,+49 30 ${index}\r\n`;
          if (index % 100 === 0) yield `g${index / 100},group,Group ${index / 100},,,,\r\n`;
        }
        yield 'u5,user,again,,,,\r\n';
      })(),
    );
    await writeLarge(
      'large-members.csv',
      (function* () {
        yield 'group,member\r\n';
        for (let index = 0; index < 600_000; index += 1)
          yield `g${index % GROUPS},u${(index + Math.floor(index / USERS)) % USERS}\r\n`;
      })(),
    );
    const config = {
      file: 'large.csv',
      keyColumn: 'id',
      classColumn: 'kind',
      membershipFile: 'large-members.csv',
    };
    const script = fileURLToPath(new URL('../support/csv-reader.ts', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [
      '--max-old-space-size=64',
      script,
      folder,
      JSON.stringify(config),
    ]);
    const { entries, members, rejected } = JSON.parse(stdout) as Record<string, number>;
    expect([entries, rejected]).toEqual([USERS + GROUPS, 1]);
    expect(members).toBe(600_000);
  });
});
