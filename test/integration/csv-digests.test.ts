// Digests of CSV rows: equal while a row says the same, different after every kind of change.
import { describe, expect, it } from '@jest/globals';
import type { ReadEntry } from '../../domain/source-entry.ts';
import { csvFolder } from '../support/csv-folder.ts';

const csv = csvFolder();

/** All entries as they came, by their keys. */
async function read(text: string, config: Record<string, unknown> = {}): Promise<Map<string, ReadEntry>> {
  await csv.write('people.csv', text);
  const connector = csv.open(config);
  const entries = new Map<string, ReadEntry>();
  for await (const page of connector.read(connector.defaultScopes(), csv.signal)) {
    for (const entry of page.entries) entries.set(entry.sourceId, entry);
  }
  return entries;
}

async function digestOf(key: string, text: string, config?: Record<string, unknown>): Promise<string> {
  const digest = (await read(text, config)).get(key)?.digest;
  expect(digest).toMatch(/^[0-9a-f]{32}$/);
  return digest as string;
}

describe('the digest of a CSV row', () => {
  const TEXT = 'id,name,mail\n1,Ada,a@x\n2,Grace,g@x\n';

  it('is equal in two reads, on whatever line the row stands and however it is quoted', async () => {
    const digest = await digestOf('1', TEXT);
    expect(await digestOf('1', TEXT)).toBe(digest);
    expect(await digestOf('1', 'id,name,mail\r\n2,Hopper,\r\n"1","Ada",a@x\r\n')).toBe(digest);
  });

  it.each([
    ['a value', 'id,name,mail\n1,Ada,b@x\n', {}],
    ['where a value ends', 'id,name,mail\n1,"Ada,a",@x\n', {}],
    ['the column of a value', 'id,mail,name\n1,Ada,a@x\n', {}],
    ['a column more', 'id,name,mail,title\n1,Ada,a@x,\n', {}],
    ['the separator of values', TEXT, { multiValueSeparator: ';' }],
  ])('changes with %s', async (_what, text, config) => {
    expect(await digestOf('1', text, config)).not.toBe(await digestOf('1', TEXT));
  });

  it('says nothing of secrets, nor of what is not read', async () => {
    const digest = await digestOf('1', 'id,password,\n1,hidden-1,x\n');
    expect(await digestOf('1', 'id,password,\n1,hidden-2,y\n')).toBe(digest);
  });

  it('changes with the class and with the members in the row', async () => {
    const config = { classColumn: 'kind', multiValueSeparator: '|' };
    const digest = await digestOf('g', 'id,kind,members\ng,group,1|2\n', config);
    expect(await digestOf('g', 'id,kind,members\ng,group,1|3\n', config)).not.toBe(digest);
    expect(await digestOf('g', 'id,kind,members\ng,user,1|2\n', config)).not.toBe(digest);
  });

  it('changes with the members in another file, but not with their order there', async () => {
    const groups = 'id,kind,members\ng,group,9\nh,group,\n';
    const config = { classColumn: 'kind', membershipFile: 'members.csv' };
    const withMembers = async (rows: string) => {
      await csv.write('members.csv', `group,member\n${rows}`);
      return digestOf('g', groups, config);
    };
    const digest = await withMembers('g,1\nh,1\ng,2\n');
    expect(await withMembers('g,2\ng,2\ng,1\n')).toBe(digest);
    expect(await withMembers('g,1\n')).not.toBe(digest);
    expect(await withMembers('g,1\ng,3\n')).not.toBe(digest);
    expect(await withMembers('')).not.toBe(digest);
  });

  it('belongs to an entry that can be decoded after the file was closed', async () => {
    await csv.write('members.csv', 'group,member\ng,2\ng,1\n');
    const rows = Array.from({ length: 20_000 }, (_, index) => `u${index},user,Name ${index},\n`).join('');
    const entries = await read(`id,kind,name,members\ng,group,Group,9\n${rows}`, {
      classColumn: 'kind',
      membershipFile: 'members.csv',
    });
    expect(entries.size).toBe(20_001);
    for (const [key, entry] of entries) {
      const name = key === 'g' ? 'Group' : `Name ${key.slice(1)}`;
      expect(entry.decode()).toMatchObject({ entry: { sourceId: key, attributes: { name: [name] } } });
    }
    expect(entries.get('g')?.decode()).toMatchObject({
      entry: { objectClass: 'group', memberValues: ['9', '1', '2'] },
    });
  });
});
