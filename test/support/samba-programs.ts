// Finds Samba's domain controller on this machine, or says what is missing and which package brings it.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export type SambaAvailability = { available: true } | { available: false; reason: string };

/** Program → its Debian package. */
const PACKAGES: Record<string, string> = {
  samba: 'samba-ad-dc',
  'samba-tool': 'samba-common-bin',
  ldbadd: 'ldb-tools',
  ldbmodify: 'ldb-tools',
  ldapsearch: 'ldap-utils',
  ldapmodify: 'ldap-utils',
  openssl: 'openssl',
  ip: 'iproute2',
  unshare: 'util-linux',
};
/** What a new domain is made from is a package of its own. */
const PROVISIONING = { file: '/usr/share/samba/setup/provision.ldif', package: 'samba-ad-provision' };
const DAEMON_DIRECTORIES = ['/usr/sbin', '/sbin', '/usr/local/sbin'];

/** Everything to install for the Samba suites. */
export const SAMBA_PACKAGES = ['samba', ...new Set(Object.values(PACKAGES)), PROVISIONING.package];

/** The programs that are missing, by package. */
export function missingSambaPackages(): string[] {
  const missing = Object.entries(PACKAGES)
    .filter(([program]) => !hasProgram(program))
    .map(([, name]) => name);
  if (!existsSync(PROVISIONING.file)) missing.push(PROVISIONING.package);
  return [...new Set(missing)];
}

/** Whether a domain controller can be started here; the reason names what is missing. */
export function sambaAvailability(): SambaAvailability {
  const missing = missingSambaPackages();
  if (missing.length > 0) {
    const packages = SAMBA_PACKAGES.join(' ');
    return {
      available: false,
      reason: `${missing.join(', ')} not installed; on Debian: apt-get install ${packages}`,
    };
  }
  // Its ports are fixed, so that each server gets a network of its own, which only root may make.
  if (spawnSync('unshare', ['--net', 'true']).status !== 0)
    return { available: false, reason: 'a network namespace cannot be made here (unshare --net, as root)' };
  return { available: true };
}

function hasProgram(name: string): boolean {
  return [...(process.env.PATH ?? '').split(delimiter), ...DAEMON_DIRECTORIES]
    .filter((directory) => directory !== '')
    .map((directory) => join(directory, name))
    .some((path) => existsSync(path) && statSync(path).isFile());
}
