// Takes and gives the right to read one attribute of one entry, as an administrator of a domain does.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { sidText } from '../../connectors/active-directory/identifiers.ts';
import { searchSamba } from './ldapsearch.ts';
import type { Samba } from './samba-process.ts';
import { sambaConfiguration } from './samba-template.ts';

/** By their schemaIDGUID (MS-ADA2, MS-ADA3). */
const ATTRIBUTES = {
  member: 'bf9679c0-0de6-11d0-a285-00aa003049e2',
  objectSid: 'bf9679e8-0de6-11d0-a285-00aa003049e2',
};

/** Whether the ordinary account may read it; what was said last counts. */
export async function setReadable(
  server: Samba,
  dn: string,
  attribute: keyof typeof ATTRIBUTES,
  readable: boolean,
): Promise<void> {
  const [reader] = await searchSamba(server, '(sAMAccountName=reader)', ['objectSid']);
  const sid = sidText(reader?.attributes.get('objectSid')?.[0] ?? Buffer.alloc(0));
  await promisify(execFile)('samba-tool', [
    ...['dsacl', 'set', '-H', join(server.directory, 'private', 'sam.ldb')],
    `--configfile=${sambaConfiguration(server.directory)}`,
    `--objectdn=${dn}`,
    `--sddl=(${readable ? 'OA' : 'OD'};;RP;${ATTRIBUTES[attribute]};;${sid})`,
  ]);
}
