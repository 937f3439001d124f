// Brings what the tests talk to, directory servers and a browser, where that is one apt command.
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { findChromium } from '../test/support/browser-programs.ts';
import { missingSambaPackages, SAMBA_PACKAGES } from '../test/support/samba-programs.ts';
import { slapdAvailability } from '../test/support/slapd-programs.ts';

const PACKAGES = ['slapd', 'ldap-utils', 'openssl'];
/** The commands that the demo prints are tried out with it. */
const CURL = 'curl';
/** The API's documentation is opened with it. */
const BROWSER = 'chromium';
const APT = '/usr/bin/apt-get';
/** Debian asks this file whether a freshly installed service may start; 101 is no. */
const SERVICE_POLICY = '/usr/sbin/policy-rc.d';

/** Whether there is a `curl` to run. */
export function hasCurl(): boolean {
  return spawnSync(CURL, ['--version'], { stdio: 'ignore' }).status === 0;
}

/**
 * Installs slapd, Samba, curl and chromium with apt where they are missing, we are root and this is Debian or its like.
 * The packages' own services are not started. Whatever goes wrong is said; the tests that need them then say
 * so too.
 */
export async function ensureTestPackages(say: (message: string) => void): Promise<void> {
  const availability = slapdAvailability();
  const samba = missingSambaPackages().length === 0 ? [] : SAMBA_PACKAGES;
  const missing = [
    ...new Set([...(availability.available ? [] : PACKAGES), ...samba]),
    ...(hasCurl() ? [] : [CURL]),
    ...(findChromium() ? [] : [BROWSER]),
  ];
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0 || !existsSync(APT)) {
    if (!availability.available)
      say(`The tests with a directory server cannot run here: ${availability.reason}`);
    if (samba.length > 0)
      say(`The tests with Active Directory cannot run here: ${samba.join(', ')} not installed.`);
    if (missing.includes(CURL))
      say('The test of the commands that the demo prints cannot run here: no curl.');
    if (missing.includes(BROWSER))
      say('The test of the documentation in a browser cannot run here: no chromium.');
    return;
  }
  say(`Installing ${missing.join(', ')} for the tests (about a minute, once) …`);
  const ownPolicy = !existsSync(SERVICE_POLICY);
  if (ownPolicy) writeFileSync(SERVICE_POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    // Apart from the rest: a distribution without a package of that name has the others.
    const browser = missing.filter((name) => name === BROWSER);
    for (const packages of [missing.filter((name) => name !== BROWSER), browser])
      if (packages.length > 0) await installOrSay(packages, say);
  } finally {
    if (ownPolicy) rmSync(SERVICE_POLICY, { force: true });
  }
}

async function installOrSay(packages: string[], say: (message: string) => void): Promise<void> {
  try {
    await install(packages).catch(async () => {
      await apt('update');
      await install(packages);
    });
  } catch (error) {
    const said = (error as { stderr?: string }).stderr?.trim().split('\n').slice(-3).join('\n');
    say(`  that failed: ${said || (error as Error).message}`);
  }
}

function install(packages: string[]): Promise<unknown> {
  return apt('install', '--yes', '--no-install-recommends', ...packages);
}

function apt(...args: string[]): Promise<unknown> {
  return promisify(execFile)(APT, ['--quiet', ...args], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    maxBuffer: 64 * 1024 * 1024,
  });
}
