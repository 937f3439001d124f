// Reads a directory with OpenLDAP's own client, to compare with what the connector reads.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { b64 } from './ldap-tree.ts';
import type { Slapd } from './slapd.ts';

/** DN → attribute → values in base64, of everything as the root account sees it. */
export async function ldapsearch(server: Slapd): Promise<Map<string, Map<string, string[]>>> {
  const { stdout } = await promisify(execFile)(
    'ldapsearch',
    [
      '-x',
      '-LLL',
      '-o',
      'ldif-wrap=no',
      '-H',
      server.url,
      '-D',
      server.rootDn,
      '-w',
      server.rootPassword,
      '-b',
      server.baseDn,
      '(|(objectClass=inetOrgPerson)(cn=*))',
      '*',
      'entryUUID',
      'createTimestamp',
      'modifyTimestamp',
    ],
    { maxBuffer: 64 << 20 },
  );
  const entries = new Map<string, Map<string, string[]>>();
  for (const block of stdout.split('\n\n')) {
    const attributes = new Map<string, string[]>();
    for (const line of block.split('\n')) {
      const [, name, encoded, value] = /^([^:]+):(:?) (.*)$/.exec(line) ?? [];
      if (name === undefined) continue;
      const base64 = encoded === ':' ? (value as string) : b64(value as string);
      attributes.set(name, [...(attributes.get(name) ?? []), base64]);
    }
    const dn = attributes.get('dn')?.[0];
    if (dn !== undefined) entries.set(Buffer.from(dn, 'base64').toString(), attributes);
  }
  return entries;
}
