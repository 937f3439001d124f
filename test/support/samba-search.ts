// Reads a domain with OpenLDAP's own client, to compare with what the connector reads.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type LdifEntry, parseLdif } from './ldif-reader.ts';
import type { Samba } from './samba-process.ts';
import { DOMAIN, READER } from './samba-seed.ts';

/** What an account sees below the domain, by the filter. */
export async function sambaSearch(
  server: Samba,
  filter: string,
  attributes: string[],
  { bindDn, bindPassword } = READER,
): Promise<LdifEntry[]> {
  const { stdout } = await promisify(execFile)(
    'ldapsearch',
    [
      ...[
        '-x',
        '-LLL',
        '-o',
        'ldif-wrap=no',
        '-H',
        server.url,
        '-D',
        bindDn,
        '-w',
        bindPassword,
        '-b',
        DOMAIN,
      ],
      ...['-E', 'pr=1000/noprompt', filter, ...attributes],
    ],
    { maxBuffer: 2 ** 28 },
  );
  return parseLdif(stdout);
}
