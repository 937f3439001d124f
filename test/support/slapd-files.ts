// Writes what a test server starts from: its configuration, its base entry and, where asked, its certificates.
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { SlapdPrograms } from './slapd-programs.ts';

const execute = promisify(execFile);

export interface SlapdConfiguration {
  directory: string;
  baseDn: string;
  rootDn: string;
  rootPassword: string;
  tls: boolean;
  /** How many entries a search may bring to who is not the root account; undefined: no limit. */
  sizeLimit: number | undefined;
  /** slapd.conf `access to …` lines; undefined: everybody reads all but userPassword. */
  acl: string[] | undefined;
  /** Whether others may replicate from it, as RFC 4533 has it. */
  syncprov: boolean;
}

const DEFAULT_ACL = [
  'access to attrs=userPassword by self write by anonymous auth by * none',
  'access to * by * read',
];

/** The text of slapd.conf: one mdb database that can grow to 8 GiB (the file is sparse). */
export function slapdConfiguration(programs: SlapdPrograms, options: SlapdConfiguration): string {
  const { directory } = options;
  const schemas = ['core', 'cosine', 'inetorgperson', 'nis'];
  return [
    ...schemas.map((schema) => `include ${programs.schemaDirectory}/${schema}.schema`),
    `pidfile ${directory}/slapd.pid`,
    `argsfile ${directory}/slapd.args`,
    'loglevel 0',
    'tool-threads 2',
    `sizelimit ${options.sizeLimit ?? 'unlimited'}`,
    'timelimit unlimited',
    ...(programs.moduleDirectory ? [`modulepath ${programs.moduleDirectory}`, 'moduleload back_mdb'] : []),
    ...(programs.moduleDirectory && options.syncprov ? ['moduleload syncprov'] : []),
    ...(options.tls
      ? [
          `TLSCACertificateFile ${directory}/ca.pem`,
          `TLSCertificateFile ${directory}/server.pem`,
          `TLSCertificateKeyFile ${directory}/server.key`,
        ]
      : []),
    'database mdb',
    `suffix "${options.baseDn}"`,
    `rootdn "${options.rootDn}"`,
    `rootpw ${options.rootPassword}`,
    `directory ${directory}/data`,
    'maxsize 8589934592',
    // What is lost is what the kernel had not written when the machine goes down; SIGKILL loses nothing.
    'dbnosync',
    'index objectClass,entryUUID,modifyTimestamp,uid,cn,member eq',
    ...(options.acl ?? DEFAULT_ACL),
    ...(options.syncprov ? ['overlay syncprov', 'syncprov-sessionlog 1000'] : []),
    '',
  ].join('\n');
}

/**
 * LDIF of the base entry itself.
 * @throws Error when the base's first RDN is neither `dc` nor `o` nor `ou`.
 */
export function baseEntry(baseDn: string): string {
  const [, type = '', value = ''] = /^(dc|o|ou)=([^,+]+)/i.exec(baseDn) ?? [];
  const classes: Record<string, string> = {
    dc: `objectClass: dcObject\nobjectClass: organization\no: ${value}`,
    o: 'objectClass: organization',
    ou: 'objectClass: organizationalUnit',
  };
  const lines = classes[type.toLowerCase()];
  if (!lines) throw new Error(`baseDn must begin with dc=, o= or ou=: ${baseDn}`);
  return `dn: ${baseDn}\n${lines}\n${type}: ${value}\n\n`;
}

/** A CA of its own and a certificate for localhost and 127.0.0.1, valid for two days. */
export async function makeCertificates(openssl: string, directory: string): Promise<void> {
  const at = (name: string) => join(directory, name);
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const configuration = at('openssl.cnf');
  await writeFile(
    configuration,
    [
      '[req]\ndistinguished_name = name\nprompt = no\n[name]\nCN = replaced by -subj',
      '[authority]\nbasicConstraints = critical,CA:TRUE\nkeyUsage = critical,keyCertSign,cRLSign\nsubjectKeyIdentifier = hash',
      '[server]\nbasicConstraints = CA:FALSE\nextendedKeyUsage = serverAuth\nsubjectAltName = DNS:localhost,IP:127.0.0.1\n',
    ].join('\n'),
  );
  const authority = ['-x509', '-days', '2', '-subj', '/CN=Test authority', '-extensions', 'authority'];
  const request = ['req', '-config', configuration, ...newKey];
  await execute(openssl, [...request, ...authority, '-keyout', at('ca.key'), '-out', at('ca.pem')]);
  await execute(openssl, [
    ...request,
    ...['-subj', '/CN=localhost', '-keyout', at('server.key'), '-out', at('server.csr')],
  ]);
  await execute(openssl, [
    ...['x509', '-req', '-days', '2', '-in', at('server.csr'), '-CA', at('ca.pem'), '-CAkey', at('ca.key')],
    ...['-CAcreateserial', '-extfile', configuration, '-extensions', 'server', '-out', at('server.pem')],
  ]);
}
