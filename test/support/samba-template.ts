// Makes the domain that each test's server starts from, once: provisioning and filling take longer than all tests.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync } from 'node:fs';
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ADMINISTRATOR, groupDn, REALM, seedChanges, seedEntries } from './samba-seed.ts';

const execute = promisify(execFile);
/** To be raised when the domain is made in another way. */
const VERSION = 1;

/** Folder of a filled domain that nobody runs; it stays for the next run, named after what it holds. */
export async function sambaTemplate(): Promise<string> {
  const entries = seedEntries();
  const key = createHash('sha256')
    .update(`${VERSION} ${entries} ${seedChanges('')}`)
    .digest('hex')
    .slice(0, 16);
  const template = join(tmpdir(), `identity-center-samba-${key}`);
  if (existsSync(template)) return template;
  const building = await mkdtemp(join(tmpdir(), 'identity-center-samba-new-'));
  try {
    await provision(building);
    await fill(building, entries);
    // Whoever is first wins; the other's work is the same.
    await rename(building, template).catch((error) => {
      if (!existsSync(template)) throw error;
    });
  } finally {
    await rm(building, { recursive: true, force: true });
  }
  return template;
}

async function provision(directory: string): Promise<void> {
  chmodSync(directory, 0o755);
  await execute('samba-tool', [
    ...['domain', 'provision', `--realm=${REALM}`, '--domain=EXAMPLE', '--server-role=dc', '--host-name=dc1'],
    ...[`--adminpass=${ADMINISTRATOR.bindPassword}`, '--dns-backend=NONE', '--host-ip=127.0.0.1'],
    ...[`--targetdir=${directory}`, '--option=interfaces=lo', '--option=bind interfaces only=yes'],
  ]);
}

async function fill(directory: string, entries: string): Promise<void> {
  const database = [
    '-H',
    join(directory, 'private', 'sam.ldb'),
    `--configfile=${sambaConfiguration(directory)}`,
  ];
  const file = join(directory, 'seed.ldif');
  await writeFile(file, entries);
  await execute('ldbadd', [...database, file]);
  const { stdout } = await execute('ldbsearch', [...database, '-b', groupDn(0), '-s', 'base', 'objectSid']);
  const number = /objectSid: S-1-5-21-[\d-]+-(\d+)/.exec(stdout)?.[1];
  if (number === undefined) throw new Error('the group has no SID');
  await writeFile(file, seedChanges(number));
  await execute('ldbmodify', [...database, file]);
  await rm(file);
}

/** Where a domain's folder has its smb.conf. */
export function sambaConfiguration(directory: string): string {
  return join(directory, 'etc', 'smb.conf');
}

/** Copies a domain that nobody runs; its configuration names its own folder. */
export async function copyDomain(template: string, directory: string): Promise<void> {
  await execute('cp', ['-a', '--sparse=always', `${template}/.`, directory]);
  const file = sambaConfiguration(directory);
  // It was made in a folder that was renamed since: whatever it is called, one line tells.
  const text = await readFile(file, 'utf8');
  const made = /^\s*private dir = (.*)\/private$/m.exec(text)?.[1];
  if (made === undefined) throw new Error('smb.conf names no private folder');
  await writeFile(file, text.replaceAll(made, directory));
}
