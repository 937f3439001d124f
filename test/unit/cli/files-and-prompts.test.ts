// What the client writes to files and terminals: never half a file, never a password.
import {
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { writeWhole } from '../../../cli/export-file.ts';
import { openStoredLogins } from '../../../cli/stored-logins.ts';
import { ask, type Terminal } from '../../../cli/terminal.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'identity-center-cli-unit-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('writing a file', () => {
  const text = () => Readable.from(['one ', 'two']);

  it('replaces what a link points to, and leaves the link', async () => {
    const [real, link] = [join(folder, 'real.csv'), join(folder, 'link.csv')];
    writeFileSync(real, 'old');
    symlinkSync(real, link);
    await writeWhole(text(), link);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readFileSync(real, 'utf8')).toBe('one two');
    expect(readdirSync(folder)).toHaveLength(2);
  });

  it('does not replace a device', async () => {
    await writeWhole(text(), '/dev/null');
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
  });
});

describe('stored logins', () => {
  const login = { token: 'abc', username: 'ann', expiresAt: '2026-01-01T00:00:00.000Z' };

  it('are kept by server', () => {
    const logins = openStoredLogins(join(folder, 'new', 'logins.json'));
    logins.save('http://one', login);
    logins.save('http://two', { ...login, token: 'def' });
    logins.remove('http://one');
    expect([logins.find('http://one'), logins.find('http://two')?.token]).toEqual([null, 'def']);
    expect(readdirSync(join(folder, 'new'))).toEqual(['logins.json']);
  });

  it('become readable to their owner alone, whatever the file was', () => {
    const file = join(folder, 'logins.json');
    writeFileSync(file, '{"logins": {}}', { mode: 0o644 });
    openStoredLogins(file).save('http://one', login);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('that cannot be read say what to do', () => {
    const file = join(folder, 'logins.json');
    writeFileSync(file, 'not JSON');
    expect(() => openStoredLogins(file).find('http://one')).toThrow('delete the file and log in again');
  });
});

describe('asking', () => {
  /** Streams in a terminal's place; `shown` is what its screen would hold. */
  function terminalOf(isTTY: boolean) {
    const stdin = Object.assign(new PassThrough(), { isTTY });
    const stderr = new PassThrough();
    let shown = '';
    stderr.on('data', (chunk) => {
      shown += String(chunk);
    });
    const { signal } = new AbortController();
    const terminal = { stdin, stderr, stdout: stderr, environment: {}, signal } as unknown as Terminal;
    return { terminal, type: (keys: string) => stdin.write(keys), shown: () => shown };
  }
  const hidden = { hidden: true, instead: 'give it otherwise' };

  it('shows the question and not the password', async () => {
    const { terminal, type, shown } = terminalOf(true);
    const answer = ask(terminal, 'Password: ', hidden);
    type('se');
    type('crex\u007ft\r');
    expect(await answer).toBe('secret');
    expect(shown()).toBe('Password: \n');
  });

  it.each([
    ['Ctrl-C', '\u0003'],
    ['Ctrl-D', '\u0004'],
  ])('ends on %s', async (_name, key) => {
    const { terminal, type } = terminalOf(true);
    const answer = ask(terminal, 'Password: ', hidden);
    type(key);
    await expect(answer).rejects.toMatchObject({ name: 'Interrupted', exitCode: 130 });
  });

  it('is refused where there is nobody', async () => {
    await expect(ask(terminalOf(false).terminal, 'Password: ', hidden)).rejects.toThrow('give it otherwise');
  });
});
