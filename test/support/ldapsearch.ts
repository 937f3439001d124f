// Asks a directory through OpenLDAP's own client, so that what we read and stored is compared with what it sees.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type LdifEntry, parseLdif } from './ldif-reader.ts';
import type { Samba } from './samba-process.ts';
import { DOMAIN, READER } from './samba-seed.ts';
import type { Slapd } from './slapd-process.ts';

interface Question {
  url: string;
  bindDn: string;
  bindPassword: string;
  baseDn: string;
  filter: string;
  attributes: string[];
}

/** What the root account sees below the base: user attributes, or those named. */
export function searchSlapd(
  server: Slapd,
  attributes = ['*', 'entryUUID'],
  filter = '(objectClass=*)',
): Promise<LdifEntry[]> {
  const { url, rootDn: bindDn, rootPassword: bindPassword, baseDn } = server;
  return ldapsearch({ url, bindDn, bindPassword, baseDn, filter, attributes });
}

/** What an account sees below the domain, by the filter. */
export function searchSamba(
  server: Samba,
  filter: string,
  attributes: string[],
  { bindDn, bindPassword } = READER,
): Promise<LdifEntry[]> {
  return ldapsearch({ url: server.url, bindDn, bindPassword, baseDn: DOMAIN, filter, attributes });
}

async function ldapsearch(question: Question): Promise<LdifEntry[]> {
  const { url, bindDn, bindPassword, baseDn, filter, attributes } = question;
  const login = ['-x', '-H', url, '-D', bindDn, '-w', bindPassword];
  const form = ['-LLL', '-o', 'ldif-wrap=no', '-E', 'pr=1000/noprompt', '-b', baseDn];
  const { stdout } = await promisify(execFile)('ldapsearch', [...login, ...form, filter, ...attributes], {
    maxBuffer: 2 ** 30,
  });
  return parseLdif(stdout);
}
