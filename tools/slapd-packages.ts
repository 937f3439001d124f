// Brings the OpenLDAP server that the tests talk to, where that is one apt command.
import { execFile } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { slapdAvailability } from '../test/support/slapd-programs.ts';

const PACKAGES = ['slapd', 'ldap-utils', 'openssl'];
const APT = '/usr/bin/apt-get';
/** Debian asks this file whether a freshly installed service may start; 101 is no. */
const SERVICE_POLICY = '/usr/sbin/policy-rc.d';

/**
 * Installs slapd with apt where it is missing, we are root and this is Debian or its like. The packages' own
 * directory service is not started. Whatever goes wrong is said; the suites that need slapd then say so too.
 */
export async function ensureSlapd(say: (message: string) => void): Promise<void> {
  const availability = slapdAvailability();
  if (availability.available) return;
  if (process.getuid?.() !== 0 || !existsSync(APT)) {
    say(`The tests with a directory server cannot run here: ${availability.reason}`);
    return;
  }
  say(
    `Installing ${PACKAGES.join(', ')} for the tests with a directory server (about half a minute, once) …`,
  );
  const ownPolicy = !existsSync(SERVICE_POLICY);
  if (ownPolicy) writeFileSync(SERVICE_POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    await install().catch(async () => {
      await apt('update');
      await install();
    });
  } catch (error) {
    const said = (error as { stderr?: string }).stderr?.trim().split('\n').slice(-3).join('\n');
    say(`  that failed: ${said || (error as Error).message}`);
  } finally {
    if (ownPolicy) rmSync(SERVICE_POLICY, { force: true });
  }
}

function install(): Promise<unknown> {
  return apt('install', '--yes', '--no-install-recommends', ...PACKAGES);
}

function apt(...args: string[]): Promise<unknown> {
  return promisify(execFile)(APT, ['--quiet', ...args], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    maxBuffer: 64 * 1024 * 1024,
  });
}
