// What the CSV connector reads of a file: values, encodings, classes, members, references.
import { describe, expect, it } from '@jest/globals';
import { stringify } from 'csv-stringify/sync';
import fc from 'fast-check';
import { csvFolder, USERS } from '../support/csv-folder.ts';

const csv = csvFolder();

describe('the CSV connector reads', () => {
  it('quoted values, doubled quotes and line breaks, after a byte order mark', async () => {
    const { entries, rejected } = await csv.readText(
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
    const { entries } = await csv.readText(`id${delimiter}name\n1${delimiter}Ada, Countess\n`, { delimiter });
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
    const { entries } = await csv.readText(encode(`id,name\r\n${rows}`), { encoding });
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
        const { entries, rejected } = await csv.readText(
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
    const { entries, notices } = await csv.readText(
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
    await csv.write('people.csv', 'id,kind\n1,user\ng,group\n');
    const { entries } = await csv.readAll(csv.open({ classColumn: 'kind' }), [USERS]);
    expect(entries.map(({ sourceId }) => sourceId)).toEqual(['1']);
  });

  it('members from a second file in any order, and says what has no group', async () => {
    await csv.write('members.csv', 'member,note,group\n1,x,g\n2,x,h\n2,x,g\n1,x,g\n9,x,gone\n,x,g\n');
    const { entries, rejected, notices } = await csv.readText(
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
    await csv.write('people.csv', 'id,dn,manager\n1,"CN=Boss, DC=x",\n2,,"cn=boss,dc=X"\n');
    const connector = csv.open({});
    const { entries } = await csv.readAll(connector);
    expect(entries[0]).toMatchObject({ distinguishedName: 'CN=Boss, DC=x', alternateKey: 'dn:cn=boss,dc=x' });
    expect(connector.referenceKey('cn=boss,dc=X', 'manager')).toBe(entries[0]?.alternateKey);
    expect(connector.referenceKey(' 1 ', 'manager')).toBe('id:1');
    expect(connector.referenceKey('', 'manager')).toBeNull();
  });

  it('no column that holds passwords', async () => {
    const result = await csv.readText('id,userPassword,memberOf\n1,hidden-4711,g\n');
    expect(JSON.stringify(result)).not.toContain('hidden-4711');
    expect(result.notices).toContainEqual(expect.stringContaining('userPassword'));
    expect(result.entries[0]).toMatchObject({
      attributes: { id: ['1'] },
      sideAttributes: { memberOf: ['g'] },
    });
  });

  it('the schema out of the header', async () => {
    await csv.write('people.csv', 'id,kind,mail,password\n');
    const schema = await csv.open({ classColumn: 'kind', multiValueSeparator: ';' }).schema?.(csv.signal);
    expect(schema?.map(({ name, multiValued }) => [name, multiValued])).toEqual([
      ['id', false],
      ['kind', false],
      ['mail', true],
    ]);
  });
});
