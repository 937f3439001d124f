// What the CSV connector makes of rows and files that cannot be taken: it names the line, and the reason.
import { appendFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { csvFolder, USERS } from '../support/csv-folder.ts';

const csv = csvFolder();

describe('the CSV connector goes on after a bad row', () => {
  it('and says which line it is and why', async () => {
    const { entries, rejected } = await csv.readText(
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
        const { entries, rejected } = await csv.readText(
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
    await expect(csv.readText(text)).rejects.toMatchObject({
      code: 'malformed_file',
      retryable: false,
      message: expect.stringMatching(message),
    });
  });

  it('when the file changes while it is read', async () => {
    const rows = Array.from({ length: 60_000 }, (_, index) => `${index},some name\n`).join('');
    await csv.write('people.csv', `id,name\n${rows}`);
    const pages = csv.open({}).read([USERS], csv.signal)[Symbol.asyncIterator]();
    await pages.next();
    await appendFile(join(csv.folder, 'people.csv'), '60000,late\n');
    const rest = async () => {
      for (;;) if ((await pages.next()).done) return;
    };
    await expect(rest()).rejects.toMatchObject({ code: 'source_busy', retryable: true });
  });

  it('when another file takes its place while it is read', async () => {
    const text = `id,name\n${'1,a\n'}`;
    await csv.write('people.csv', text);
    const pages = csv.open({}).read([USERS], csv.signal)[Symbol.asyncIterator]();
    await pages.next();
    await csv.write('other.csv', text);
    await rename(join(csv.folder, 'other.csv'), join(csv.folder, 'people.csv'));
    const rest = async () => {
      for (;;) if ((await pages.next()).done) return;
    };
    await expect(rest()).rejects.toMatchObject({ code: 'source_busy' });
  });

  it('on a filter or a base', async () => {
    await csv.write('people.csv', 'id\n1\n');
    await expect(csv.readAll(csv.open({}), [{ ...USERS, filter: '(cn=*)' }])).rejects.toMatchObject({
      code: 'invalid_filter',
    });
    await expect(csv.readAll(csv.open({}), [{ ...USERS, baseDn: 'dc=x' }])).rejects.toMatchObject({
      code: 'invalid_configuration',
    });
  });
});
