// Brings the OpenLDAP server that the tests talk to, where that is one apt command.
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { slapdAvailability } from '../test/support/slapd-programs.ts';

const PACKAGES = ['slapd', 'ldap-utils', 'openssl'];
/** The commands that the demo prints are tried out with it. */
const CURL = 'curl';
const APT = '/usr/bin/apt-get';
/** Debian asks this file whether a freshly installed service may start; 101 is no. */
const SERVICE_POLICY = '/usr/sbin/policy-rc.d';

/** Whether there is a `curl` to run. */
export function hasCurl(): boolean {
  return spawnSync(CURL, ['--version'], { stdio: 'ignore' }).status === 0;
}

/**
 * Installs slapd and curl with apt where they are missing, we are root and this is Debian or its like. The
 * packages' own directory service is not started. Whatever goes wrong is said; the tests that need them then say
 * so too.
 */
export async function ensureSlapd(say: (message: string) => void): Promise<void> {
  const availability = slapdAvailability();
  const missing = [...(availability.available ? [] : PACKAGES), ...(hasCurl() ? [] : [CURL])];
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0 || !existsSync(APT)) {
    if (!availability.available)
      say(`The tests with a directory server cannot run here: ${availability.reason}`);
    if (missing.includes(CURL))
      say('The test of the commands that the demo prints cannot run here: no curl.');
    return;
  }
  say(`Installing ${missing.join(', ')} for the tests (about half a minute, once) …`);
  const ownPolicy = !existsSync(SERVICE_POLICY);
  if (ownPolicy) writeFileSync(SERVICE_POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    await install(missing).catch(async () => {
      await apt('update');
      await install(missing);
    });
  } catch (error) {
    const said = (error as { stderr?: string }).stderr?.trim().split('\n').slice(-3).join('\n');
    say(`  that failed: ${said || (error as Error).message}`);
  } finally {
    if (ownPolicy) rmSync(SERVICE_POLICY, { force: true });
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
