// Finds OpenLDAP's programs and files on this machine, or says what is missing and which package brings it.
import { existsSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Absolute paths of what a test server needs. */
export interface SlapdPrograms {
  slapd: string;
  slapadd: string;
  ldapmodify: string;
  ldapsearch: string;
  openssl: string;
  schemaDirectory: string;
  /** Where back_mdb is loaded from; null where it is built into slapd. */
  moduleDirectory: string | null;
}

export type SlapdAvailability = { available: true } | { available: false; reason: string };

const PACKAGES: Record<string, string> = {
  slapd: 'slapd',
  slapadd: 'slapd',
  ldapmodify: 'ldap-utils',
  ldapsearch: 'ldap-utils',
  openssl: 'openssl',
};
// Distributions keep daemons out of an ordinary account's PATH.
const DAEMON_DIRECTORIES = ['/usr/sbin', '/usr/local/sbin', '/usr/libexec', '/usr/local/libexec'];
const SCHEMA_DIRECTORIES = ['/etc/ldap/schema', '/etc/openldap/schema', '/usr/local/etc/openldap/schema'];
const MODULE_DIRECTORIES = ['/usr/lib/ldap', '/usr/lib64/openldap', '/usr/lib/openldap'];

/** Whether a test server can be started here; the reason names the packages to install. */
export function slapdAvailability(): SlapdAvailability {
  const found = findSlapdPrograms();
  return 'missing' in found ? { available: false, reason: found.missing } : { available: true };
}

/** The programs, or a sentence on what is missing. */
export function findSlapdPrograms(): SlapdPrograms | { missing: string } {
  const paths: Record<string, string> = {};
  const missing: string[] = [];
  for (const program of Object.keys(PACKAGES)) {
    const path = findProgram(program);
    if (path) paths[program] = path;
    else missing.push(program);
  }
  if (missing.length > 0) {
    const packages = [...new Set(missing.map((program) => PACKAGES[program]))].join(' ');
    return { missing: `${missing.join(', ')} not found; on Debian: apt-get install ${packages}` };
  }
  const schemaDirectory = SCHEMA_DIRECTORIES.find((path) => existsSync(join(path, 'inetorgperson.schema')));
  if (!schemaDirectory)
    return { missing: `OpenLDAP's schema files not found in ${SCHEMA_DIRECTORIES.join(', ')}` };
  const moduleDirectory = MODULE_DIRECTORIES.find((path) => existsSync(join(path, 'back_mdb.so'))) ?? null;
  return { ...(paths as Omit<SlapdPrograms, 'schemaDirectory'>), schemaDirectory, moduleDirectory };
}

function findProgram(name: string): string | undefined {
  const directories = [...(process.env.PATH ?? '').split(delimiter), ...DAEMON_DIRECTORIES];
  return directories
    .filter((directory) => directory !== '')
    .map((directory) => join(directory, name))
    .find((path) => existsSync(path) && statSync(path).isFile());
}
