// The home folder is held by one program, and emptying it deletes only what is ours.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { emptyHome, openHome } from '../../../tools/home-folder.ts';
import { commandLineOf } from '../../../tools/process-table.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'identity-center-home-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function lockOf(home: string, lock: { pid: number; mark: string }): void {
  const text = JSON.stringify({ ...lock, command: 'npm run demo', since: '2026-01-01T00:00:00.000Z' });
  writeFileSync(join(home, 'running.json'), text);
}

describe('openHome', () => {
  it('refuses a home whose program runs, naming it and the way out', () => {
    const mark = commandLineOf(process.ppid) as string;
    lockOf(folder, { pid: process.ppid, mark });
    expect(() => openHome(folder, 'npm start')).toThrow(
      new RegExp(`npm run demo.*is running on .*process ${process.ppid}.*IDENTITY_CENTER_HOME`, 's'),
    );
  });

  it('takes over from a program that was killed', () => {
    lockOf(folder, { pid: 2 ** 30, mark: 'node' });
    openHome(folder, 'npm start').release();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is not fooled by another program that got the same pid', () => {
    lockOf(folder, { pid: process.ppid, mark: 'a command line that nobody has' });
    expect(() => openHome(folder, 'npm start').release()).not.toThrow();
  });
});

describe('emptyHome', () => {
  it("deletes our entries and keeps the user's files", () => {
    const home = openHome(join(folder, 'home'), 'npm start');
    for (const name of ['cache', 'temporal', join('import', 'sample')]) {
      mkdirSync(join(home.path, name), { recursive: true });
    }
    writeFileSync(join(home.path, 'import', 'staff.csv'), 'id\n1\n');
    writeFileSync(join(home.path, 'secret.key'), 'key');
    const removed = emptyHome(home).map((path) => path.slice(home.path.length + 1));
    expect(removed.toSorted()).toEqual(['cache', join('import', 'sample'), 'secret.key', 'temporal']);
    expect(existsSync(join(home.path, 'import', 'staff.csv'))).toBe(true);
  });

  it('refuses a folder that was there before us', () => {
    writeFileSync(join(folder, 'secret.key'), 'key');
    const home = openHome(folder, 'npm start');
    expect(() => emptyHome(home)).toThrow(/deletes only what IdentityCenter made/);
    expect(existsSync(join(folder, 'secret.key'))).toBe(true);
    home.release();
  });
});
