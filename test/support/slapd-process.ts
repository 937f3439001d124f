// Runs a real OpenLDAP server of its own for a test or a benchmark, on free ports and in a folder of its own.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { baseEntry, makeCertificates, type SlapdConfiguration, slapdConfiguration } from './slapd-files.ts';
import { findSlapdPrograms, type SlapdPrograms } from './slapd-programs.ts';

export interface SlapdOptions {
  /** Default `dc=example,dc=org`. Its own entry is added unless `ldif` brings it. */
  baseDn?: string;
  /** Entries loaded with slapadd before the start: LDIF text, or a file of it. */
  ldif?: string | { file: string };
  /** A CA and certificate of its own: ldaps on a second port, and StartTLS on the first. */
  tls?: boolean;
  /** How many entries one search may bring to any account but the root one, paged or not. */
  sizeLimit?: number;
  /** slapd.conf's `access to …` lines, in place of "all may read all but userPassword". */
  acl?: string[];
  /** A provider of replication (overlay syncprov with a session log), as most servers are in earnest. */
  syncprov?: boolean;
  port?: number;
}

export interface Slapd {
  /** ldap://127.0.0.1:PORT */
  readonly url: string;
  /** ldaps://127.0.0.1:PORT; throws when the server was started without `tls`. */
  readonly ldapsUrl: string;
  readonly port: number;
  readonly baseDn: string;
  readonly rootDn: string;
  readonly rootPassword: string;
  /** PEM of the CA; throws when the server was started without `tls`. */
  readonly caCertificate: string;
  readonly directory: string;
  readonly pid: number;
  /** Ends the server and removes its folder. May be called twice. */
  stop(): Promise<void>;
  /** SIGKILL; the data stays, for `start()`. */
  kill(): Promise<void>;
  /** Starts again on the same data and ports. */
  start(): Promise<void>;
  /** Applies LDIF change records (RFC 2849, section 4) as the root account, through ldapmodify. */
  apply(ldif: string): Promise<void>;
}

interface Running {
  child: ChildProcess;
  watch: ChildProcess;
  exited: Promise<void>;
}

const READY_TIMEOUT_MS = 20_000;
const STOP_TIMEOUT_MS = 10_000;
const ROOT_PASSWORD = 'root-password';

/** Loads and starts a server; it answers when the promise resolves. @throws Error with slapd's own words. */
export async function startSlapd(options: SlapdOptions = {}): Promise<Slapd> {
  const programs = findSlapdPrograms();
  if ('missing' in programs) throw new Error(programs.missing);
  const baseDn = options.baseDn ?? 'dc=example,dc=org';
  const tls = options.tls ?? false;
  const rootDn = `cn=root,${baseDn}`;
  const directory = await mkdtemp(join(tmpdir(), 'slapd-'));
  try {
    if (tls) await makeCertificates(programs.openssl, directory);
    const { sizeLimit, acl, syncprov = false } = options;
    const account = { rootDn, rootPassword: ROOT_PASSWORD };
    const settings = { directory, baseDn, ...account, tls, sizeLimit, acl, syncprov };
    await mkdir(join(directory, 'data'));
    await writeFile(join(directory, 'slapd.conf'), slapdConfiguration(programs, settings), { mode: 0o600 });
    await writeFile(join(directory, 'password'), ROOT_PASSWORD, { mode: 0o600 });
    await load(programs, settings, options.ldif);
    const caCertificate = tls ? await readFile(join(directory, 'ca.pem'), 'utf8') : undefined;
    const port = options.port ?? (await freePort());
    const tlsPort = tls ? await freePort() : undefined;
    const server = createServerHandle(programs, { directory, baseDn, rootDn, port, tlsPort, caCertificate });
    await server.start();
    return server;
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
}

interface Place {
  directory: string;
  baseDn: string;
  rootDn: string;
  port: number;
  tlsPort: number | undefined;
  caCertificate: string | undefined;
}

function createServerHandle(programs: SlapdPrograms, place: Place): Slapd {
  const { directory, port, tlsPort } = place;
  const url = `ldap://127.0.0.1:${port}`;
  const ldapsUrl = tlsPort === undefined ? undefined : `ldaps://127.0.0.1:${tlsPort}`;
  let running: Running | undefined;
  let removed = false;

  async function end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const ended = running;
    running = undefined;
    if (!ended) return;
    ended.watch.kill('SIGKILL');
    ended.child.kill(signal);
    const timer = setTimeout(() => ended.child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await ended.exited;
    clearTimeout(timer);
  }

  return {
    url,
    get ldapsUrl() {
      return started('tls', ldapsUrl);
    },
    port,
    baseDn: place.baseDn,
    rootDn: place.rootDn,
    rootPassword: ROOT_PASSWORD,
    get caCertificate() {
      return started('tls', place.caCertificate);
    },
    directory,
    get pid() {
      return started('a running server', running?.child.pid);
    },
    async start() {
      if (running) return;
      if (removed) throw new Error('slapd was stopped and its folder removed; use kill() before start()');
      running = await launch(programs.slapd, directory, [url, ...(ldapsUrl ? [ldapsUrl] : [])], port);
    },
    kill: () => end('SIGKILL'),
    async stop() {
      await end('SIGTERM');
      removed = true;
      await rm(directory, { recursive: true, force: true });
    },
    async apply(ldif) {
      const login = ['-x', '-H', url, '-D', place.rootDn, '-y', join(directory, 'password')];
      await runWithInput(programs.ldapmodify, login, ldif);
    },
  };
}

function started<T>(what: string, value: T | undefined): T {
  if (value === undefined) throw new Error(`slapd is without ${what}`);
  return value;
}

async function load(
  programs: SlapdPrograms,
  { directory, baseDn, syncprov }: SlapdConfiguration,
  ldif: SlapdOptions['ldif'],
): Promise<void> {
  const configuration = join(directory, 'slapd.conf');
  // A provider stores where it stands (contextCSN), as one does that has run before.
  const slapadd = ['-q', ...(syncprov ? ['-w'] : []), '-f', configuration, '-b', baseDn];
  const head = ldif === undefined ? '' : typeof ldif === 'string' ? ldif : await beginning(ldif.file);
  const brings = head.toLowerCase().split(/\r?\n/).includes(`dn: ${baseDn.toLowerCase()}`);
  if (!brings) await runWithInput(programs.slapadd, slapadd, baseEntry(baseDn));
  if (typeof ldif === 'string') await runWithInput(programs.slapadd, slapadd, ldif);
  else if (ldif) await runWithInput(programs.slapadd, [...slapadd, '-l', ldif.file], '');
}

async function beginning(file: string): Promise<string> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(65_536), 0, 65_536, 0);
    return buffer.toString('latin1', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

async function launch(slapd: string, directory: string, urls: string[], port: number): Promise<Running> {
  // slapd sizes a table by the limit on open files, which containers set to a billion.
  const child = spawn(
    'sh',
    [
      ...['-c', 'ulimit -n 1024; exec "$@"', 'sh'],
      ...[slapd, '-h', urls.join(' '), '-f', join(directory, 'slapd.conf'), '-d', '0'],
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let words = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    words = (words + chunk.toString()).slice(-4_000);
  });
  const state = { over: false };
  const exited = new Promise<void>((resolve) => {
    child.once('close', () => {
      state.over = true;
      resolve();
    });
  });
  // Its input ends when this process does, however it does: then nothing of the server is left behind.
  const watch = spawn('sh', ['-c', 'cat; kill "$1"; sleep 1; rm -rf "$2"', 'sh', `${child.pid}`, directory], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  watch.unref();
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (!(await answers(port))) {
    if (state.over || Date.now() > deadline) {
      watch.kill('SIGKILL');
      child.kill('SIGKILL');
      throw new Error(`slapd did not start: ${words.trim() || 'no message'}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return { child, watch, exited };
}

/** Whether an anonymous bind (RFC 4511, section 4.2) gets any answer. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const finish = (answered: boolean) => {
      socket.destroy();
      resolve(answered);
    };
    socket.setTimeout(1_000, () => finish(false));
    socket.once('error', () => finish(false));
    socket.once('close', () => finish(false));
    socket.once('data', () => finish(true));
    socket.write(Buffer.from('300c020101600702010304008000', 'hex'));
  });
}

/** A port nobody listens on at this moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

function runWithInput(program: string, parameters: string[], input: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = execFile(program, parameters, { maxBuffer: 64 * 2 ** 20 }, (error, _out, words) => {
      if (error) reject(new Error(`${program} failed: ${words.trim().slice(-2_000) || error.message}`));
      else resolve();
    });
    // What a program that has failed already did not read is its own message's business.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}
