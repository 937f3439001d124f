// Runs a real domain controller (Samba AD DC) for a test, in a folder and a network of its own.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { sambaAvailability } from './samba-programs.ts';
import { ADMINISTRATOR } from './samba-seed.ts';
import { copyDomain, sambaConfiguration, sambaTemplate } from './samba-template.ts';
import { makeCertificates } from './slapd-files.ts';

export interface Samba {
  /** ldap://127.0.0.1:PORT */
  readonly url: string;
  /** ldaps://127.0.0.1:PORT */
  readonly ldapsUrl: string;
  /** PEM of the CA. */
  readonly caCertificate: string;
  /** Where its domain is. */
  readonly directory: string;
  /** Ends the server and removes its folder. May be called twice. */
  stop(): Promise<void>;
  /** Applies LDIF change records (RFC 2849, section 4) as the administrator, with ldapmodify. */
  apply(ldif: string): Promise<void>;
}

const HOST = fileURLToPath(new URL('samba-host.ts', import.meta.url));
const STOP_TIMEOUT_MS = 10_000;

/**
 * Starts a server on a copy of the domain in samba-seed.ts.
 * @param fill adds to the domain in this folder before it is started
 * @throws Error with Samba's own words
 */
export async function startSamba(fill?: (directory: string) => Promise<void>): Promise<Samba> {
  const availability = sambaAvailability();
  if (!availability.available) throw new Error(availability.reason);
  const directory = await mkdtemp(join(tmpdir(), 'samba-'));
  const outside = await Promise.all([listen(), listen()]);
  let host: ChildProcess | null = null;
  const stop = async () => {
    for (const server of outside) server.close();
    const ended = host;
    host = null;
    if (ended !== null && ended.exitCode === null) await end(ended);
    await rm(directory, { recursive: true, force: true });
  };
  try {
    const template = await sambaTemplate();
    await Promise.all([
      copyDomain(template, directory),
      makeCertificates('openssl', await tlsFolder(directory)),
    ]);
    await fill?.(directory);
    const [port, tlsPort] = outside.map((server) => (server.address() as AddressInfo).port);
    host = await launch(directory, outside);
    const url = `ldap://127.0.0.1:${port}`;
    return {
      url,
      ldapsUrl: `ldaps://127.0.0.1:${tlsPort}`,
      directory,
      caCertificate: await readFile(join(directory, 'certificates', 'ca.pem'), 'utf8'),
      stop,
      apply: (ldif) => ldapModify(url, ldif),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A listening socket in this process's network, which the host takes over. */
async function listen(): Promise<Server> {
  const server = createServer();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  return server;
}

async function tlsFolder(directory: string): Promise<string> {
  const folder = join(directory, 'certificates');
  await mkdir(folder);
  return folder;
}

async function launch(directory: string, outside: Server[]): Promise<ChildProcess> {
  const certificates = join(directory, 'certificates');
  const options = [
    'server services=ldap,kdc',
    'ldap server require strong auth=no',
    `tls cafile=${join(certificates, 'ca.pem')}`,
    `tls certfile=${join(certificates, 'server.pem')}`,
    `tls keyfile=${join(certificates, 'server.key')}`,
    `log file=${join(directory, 'log')}`,
    `pid directory=${directory}`,
  ].map((option) => `--option=${option}`);
  const samba = ['-i', '-M', 'single', `--configfile=${sambaConfiguration(directory)}`, ...options];
  const host = spawn('unshare', ['--net', process.execPath, HOST, directory, ...samba], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let words = '';
  host.stderr?.on('data', (chunk: Buffer) => {
    words = (words + chunk.toString()).slice(-4_000);
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  host.once('error', reject);
  host.once('exit', () => reject(new Error(`Samba did not start: ${words.trim() || 'no message'}`)));
  host.once('message', () => resolve());
  await promise;
  for (const [index, port] of [389, 636].entries()) await handOver(host, outside[index] as Server, port);
  return host;
}

/** Until it is closed here, this process takes its share of the connections. */
async function handOver(host: ChildProcess, server: Server, port: number): Promise<void> {
  await promisify((sent: (error: Error | null) => void) => host.send({ port }, server, sent))();
  server.close();
}

async function end(host: ChildProcess): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  host.once('close', () => resolve());
  host.kill('SIGTERM');
  const timer = setTimeout(() => host.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await promise;
  clearTimeout(timer);
}

function ldapModify(url: string, ldif: string): Promise<void> {
  const { bindDn, bindPassword } = ADMINISTRATOR;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const child = execFile(
    'ldapmodify',
    ['-x', '-H', url, '-D', bindDn, '-w', bindPassword],
    (error, _out, words) => {
      if (error) reject(new Error(`ldapmodify failed: ${words.trim().slice(-2_000) || error.message}`));
      else resolve();
    },
  );
  child.stdin?.end(ldif);
  return promise;
}
