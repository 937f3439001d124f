// `npm run demo` brings the whole sample in, over the API, and its printed commands work.
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { removeEmbeddedPostgres } from '../../tools/embedded-postgres.ts';
import { freePort } from '../../tools/free-port.ts';
import { generateSample } from '../../tools/generate-sample.ts';
import { hasCurl } from '../../tools/test-packages.ts';
import { newHome, type PlatformProcess, startScript } from '../support/platform-process.ts';

const READY = 'Ctrl-C stops it';

describe('npm run demo', () => {
  let home: string;
  let port: number;
  let platform: PlatformProcess;

  beforeAll(async () => {
    home = newHome();
    port = await freePort();
    platform = startScript('demo', { home, port });
    await platform.untilPrinted(READY);
  });
  afterAll(async () => {
    await platform.end('SIGTERM');
    removeEmbeddedPostgres(join(home, 'postgres'));
    rmSync(join(home, '..'), { recursive: true, force: true });
  });

  function expectedTable(): [string, number][] {
    const { rows, memberships } = generateSample();
    const ofClass = (name: string) => rows.filter((row) => row.class === name).length;
    return [
      ['Users', ofClass('user')],
      ['Groups', ofClass('group')],
      ['Computers', ofClass('computer')],
      ['Memberships', memberships.length],
      ['Managers', new Set(rows.map((row) => row.manager).filter(Boolean)).size],
    ];
  }

  it('shows progress, and a table of exactly what the sample holds', () => {
    const { stdout, stderr } = platform.output();
    expect(stderr).toContain('Sync: completed (100 %)');
    for (const [name, count] of expectedTable()) {
      expect(stdout).toMatch(new RegExp(`^  ${name} +${count}$`, 'm'));
    }
  });

  it('prints addresses that answer', async () => {
    const addresses = [...platform.output().stdout.matchAll(/(?:API docs|Temporal UI) +(http\S+)/g)];
    expect(addresses).toHaveLength(2);
    for (const [, address] of addresses) {
      const answer = await fetch(address as string);
      expect([address, answer.status]).toEqual([address, 200]);
    }
  });

  const withCurl = hasCurl() ? it : it.skip;
  withCurl(`prints three commands that work in a new shell${hasCurl() ? '' : ' (there is no curl)'}`, () => {
    const lines = platform
      .output()
      .stdout.split('\n')
      .filter((line) => /^(TOKEN=\$\()?curl /.test(line));
    expect(lines).toHaveLength(3);
    const [login, users, members] = lines;
    const answer = (command: string | undefined) =>
      JSON.parse(execFileSync('sh', ['-c', `${login}\n${command}`], { encoding: 'utf8' }));
    const engineers = answer(users);
    expect(engineers.data.map((user: { department: string }) => user.department)).toEqual(
      Array(5).fill('Engineering'),
    );
    expect(answer(members).data).toHaveLength(5);
  });

  it('keeps what it has at its second start, and logs in as before', async () => {
    await platform.end('SIGINT');
    platform = startScript('demo', { home, port });
    await platform.untilPrinted(READY);
    const { stdout, stderr } = platform.output();
    expect(stderr).not.toContain('Sync:');
    for (const [name, count] of expectedTable()) {
      expect(stdout).toMatch(new RegExp(`^  ${name} +${count}$`, 'm'));
    }
  });
});
