// A read of CSV files goes on behind any of its pages as if it had never stopped, unless the files are others.
import { appendFile, rename, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { type CapableConnector, PositionLost } from '../../connectors/connector.ts';
import type { ReadPosition } from '../../domain/read-position.ts';
import type { SourcePage } from '../../domain/source-entry.ts';
import { csvFolder } from '../support/csv-folder.ts';

const ROWS = 6_000;

describe('a CSV read that is resumed', () => {
  const csv = csvFolder();

  /** Users and groups, with keys that come twice (early and late), rows that cannot be taken, and members elsewhere. */
  const write = async () => {
    const rows = Array.from({ length: ROWS }, (_row, index) => {
      if (index % 1_000 === 7) return `u${index},user,too,many,values,here`;
      if (index % 900 === 8) return `u${index - 5},user,"again ${index}",x`;
      if (index % 10 === 0) return `g${index},group,Group ${index},x`;
      return `u${index},${index % 500 === 3 ? 'printer' : 'user'},"User\n${index}",x`;
    });
    await csv.write('people.csv', `id,class,name,userPassword\n${rows.join('\n')}\n`);
    const members = Array.from({ length: ROWS }, (_row, index) =>
      index % 700 === 9 ? `g${index - 9},` : `g${(index % 130) * 10},u${index}`,
    );
    await csv.write('members.csv', `group,member\n${members.join('\n')}\nnobody,u1\n`);
  };
  const open = () => csv.open({ classColumn: 'class', membershipFile: 'members.csv' });

  const collect = async (pages: AsyncIterable<SourcePage>) => {
    const found: SourcePage[] = [];
    for await (const page of pages) found.push(page);
    return found;
  };
  const everything = (connector: CapableConnector) =>
    collect(connector.read(connector.defaultScopes(), csv.signal));
  const behind = (connector: CapableConnector, position: ReadPosition) =>
    collect(
      connector.resume?.(connector.defaultScopes(), position, csv.signal) ?? connector.read([], csv.signal),
    );
  const brought = (pages: SourcePage[]) => ({
    entries: pages.flatMap(({ entries }) => entries.map(({ sourceId, digest }) => [sourceId, digest])),
    rejected: pages.flatMap(({ rejected }) => rejected),
    notices: pages.flatMap(({ notices }) => notices),
  });

  it('brings what lies behind the position, and nothing else', async () => {
    await write();
    const pages = await everything(open());
    expect(pages.length).toBeGreaterThan(10);
    expect(new Set(pages.map(({ position }) => position?.part)).size).toBe(6);
    for (const [index, { position }] of pages.entries()) {
      const rest = await behind(open(), position as ReadPosition);
      expect(brought(rest)).toEqual(brought(pages.slice(index + 1)));
    }
  });

  it.each([
    ['written to', () => appendFile(join(csv.folder, 'people.csv'), 'u9,user,Nine,x\n')],
    ['of another time', () => utimes(join(csv.folder, 'people.csv'), 1, 1)],
    [
      'replaced by its like',
      async () => {
        await write();
        const path = join(csv.folder, 'people.csv');
        await rename(path, `${path}.old`);
        await write();
      },
    ],
    ['the same, but the members are others', () => csv.write('members.csv', 'group,member\n')],
  ])('starts again when the file is %s', async (_what, change) => {
    await write();
    const pages = await everything(open());
    await change();
    await expect(behind(open(), pages[3]?.position as ReadPosition)).rejects.toThrow(PositionLost);
  });
});
