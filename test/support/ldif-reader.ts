// Reads `ldapsearch` output, so that what we stored is compared with what OpenLDAP's own client sees.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Slapd } from './slapd-process.ts';

export interface LdifEntry {
  dn: string;
  /** Attribute name → values, byte for byte. */
  attributes: Map<string, Buffer[]>;
}

/** Everything below the base: user attributes, or those named, as the root account sees them. */
export async function ldapSearch(
  slapd: Slapd,
  attributes: string[] = ['*', 'entryUUID'],
): Promise<LdifEntry[]> {
  const { stdout } = await promisify(execFile)(
    'ldapsearch',
    [
      '-LLL',
      '-o',
      'ldif-wrap=no',
      '-x',
      '-H',
      slapd.url,
      '-D',
      slapd.rootDn,
      '-w',
      slapd.rootPassword,
      '-b',
      slapd.baseDn,
      '-E',
      'pr=1000/noprompt',
      '(objectClass=*)',
      ...attributes,
    ],
    { maxBuffer: 2 ** 30 },
  );
  return parseLdif(stdout);
}

/** Unwrapped LDIF (RFC 2849) as ldapsearch writes it: `name: text` or `name:: base64`. */
export function parseLdif(text: string): LdifEntry[] {
  return text
    .split(/\n{2,}/)
    .map((block) => block.split('\n').filter((line) => line !== '' && !line.startsWith('#')))
    .filter((lines) => lines[0]?.startsWith('dn:'))
    .map((lines) => {
      const [first, ...rest] = lines.map(parseLine);
      const attributes = new Map<string, Buffer[]>();
      for (const [name, value] of rest) attributes.set(name, [...(attributes.get(name) ?? []), value]);
      return { dn: String(first?.[1]), attributes };
    });
}

function parseLine(line: string): [string, Buffer] {
  const colon = line.indexOf(':');
  const name = line.slice(0, colon);
  const rest = line.slice(colon + 1);
  if (rest.startsWith(':')) return [name, Buffer.from(rest.slice(1).trim(), 'base64')];
  return [name, Buffer.from(rest.startsWith(' ') ? rest.slice(1) : rest)];
}
