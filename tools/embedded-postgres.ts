// Runs a PostgreSQL 18 of our own out of npm's programs: no installation, no container, one folder.
import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { freePort } from './free-port.ts';
import { type Account, canReach, postgresAccount } from './postgres-account.ts';
import { postgresBinaries } from './postgres-binaries.ts';
import { commandLineOf, endProcess } from './process-table.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';

export interface EmbeddedPostgresOptions {
  /** Holds the data, the password and the log; made when missing, and reused when it is there. */
  directory: string;
  /** Taken when it is free; else another one. */
  port?: number;
  /** Server settings beside ours (`postgresql.conf` names). */
  settings?: Record<string, string>;
  /** Skips what only matters when the machine itself crashes; for data that nobody keeps. */
  disposable?: boolean;
  /** Told what takes long. */
  say?: (message: string) => void;
}

export interface EmbeddedPostgres {
  port: number;
  pid: number;
  binDirectory: string;
  dataDirectory: string;
  /** A URL with the superuser's password; for the maintenance database unless named. */
  url(database?: string): string;
  /** Resolves once the server has ended, however. */
  ended: Promise<void>;
  /** `fast` rolls transactions back and shuts down; `immediate` is a crash: recovery follows at the next start. */
  stop(mode?: 'fast' | 'immediate'): Promise<void>;
}

const SUPERUSER = 'postgres';
/** Where data go that PostgreSQL's account could not reach in the home folder. */
const RELOCATED = '/var/lib/identity-center';
const SERVER_SETTINGS: Record<string, string> = {
  listen_addresses: '127.0.0.1',
  // No socket file: its path has a length limit, and a password over loopback does as well.
  unix_socket_directories: '',
  max_connections: '200',
  // A statement over all connections takes a lock for each partition and index of each.
  max_locks_per_transaction: '256',
  effective_cache_size: '1GB',
  work_mem: '32MB',
  maintenance_work_mem: '128MB',
  max_wal_size: '4GB',
  checkpoint_timeout: '15min',
  // Nothing replicates an embedded server: what a transaction fills a new table with goes to disk once, without a log.
  wal_level: 'minimal',
  max_wal_senders: '0',
  random_page_cost: '1.1',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_min_messages: 'warning',
};
/** No fsync: still safe when PostgreSQL crashes, not when the machine does. */
const DISPOSABLE_SETTINGS: Record<string, string> = { fsync: 'off', full_page_writes: 'off' };

/**
 * Starts the server of `directory`, after `initdb` the first time. What an earlier, killed run left there is
 * ended first: its server if it still runs, its lock file if not.
 * @throws Error with the last lines of the server's log when it does not come up.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const say = options.say ?? (() => {});
  const directory = resolve(options.directory);
  mkdirSync(directory, { recursive: true });
  const account = postgresAccount(say);
  if (account) await removeForsaken();
  const binDirectory = postgresBinaries(account);
  const dataDirectory = dataDirectoryOf(directory, account);
  const password = passwordOf(directory);
  if (existsSync(dataDirectory)) await releaseData(dataDirectory);
  else await initialise({ binDirectory, dataDirectory, password, account, disposable: options.disposable });

  const port = await freePort(options.port);
  const settings = {
    ...SERVER_SETTINGS,
    shared_buffers: `${sharedBuffers(totalmem())}MB`,
    ...(options.disposable ? DISPOSABLE_SETTINGS : {}),
    ...options.settings,
  };
  const server = await startServerProcess({
    command: join(binDirectory, 'postgres'),
    args: ['-D', dataDirectory, '-p', String(port), ...asFlags(settings)],
    logFile: join(directory, 'postgres.log'),
    workingDirectory: '/',
    account,
  });
  const url = (database = 'postgres') =>
    `postgresql://${SUPERUSER}:${password}@127.0.0.1:${port}/${encodeURIComponent(database)}`;
  await untilReady(server, url(), say);
  return {
    port,
    pid: server.pid,
    binDirectory,
    dataDirectory,
    url,
    ended: server.ended,
    stop: (mode = 'fast') =>
      mode === 'fast' ? server.stop('SIGINT', 30_000) : server.stop('SIGQUIT', 10_000),
  };
}

/** Makes the database when it is missing. */
export async function ensureDatabase(server: EmbeddedPostgres, name: string): Promise<void> {
  const client = new pg.Client({ connectionString: server.url() });
  await client.connect();
  try {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [name]);
    if (rowCount === 0) await client.query(`create database ${pg.escapeIdentifier(name)}`);
  } finally {
    await client.end();
  }
}

/** Deletes what `startEmbeddedPostgres` keeps for `directory`; its server must have ended. */
export function removeEmbeddedPostgres(directory: string): void {
  const location = locationFile(resolve(directory));
  if (existsSync(location)) rmSync(readFileSync(location, 'utf8').trim(), { recursive: true, force: true });
  rmSync(resolve(directory), { recursive: true, force: true });
}

/** Ends the server that a killed run left on these data, if there is one, and clears its lock file. */
async function releaseData(dataDirectory: string): Promise<void> {
  const lock = join(dataDirectory, 'postmaster.pid');
  if (!existsSync(lock)) return;
  const pid = Number(readFileSync(lock, 'utf8').split('\n')[0]);
  // PostgreSQL itself would take any process with that pid and account for a server and refuse to start.
  if (commandLineOf(pid)?.includes(dataDirectory)) {
    await endProcess({ pid, mark: dataDirectory }, 'SIGINT', 30_000);
  }
  rmSync(lock, { force: true });
}

function locationFile(directory: string): string {
  return join(directory, 'location');
}

/** `data` below the folder, or, where PostgreSQL's account cannot enter that, a folder below /var/lib. */
function dataDirectoryOf(directory: string, account: Account | null): string {
  if (account) chmodSync(directory, 0o711);
  const beside = join(directory, 'data');
  if (!account || existsSync(beside) || canReach(account, beside)) return beside;
  const name = createHash('sha256').update(directory).digest('hex').slice(0, 16);
  const elsewhere = join(RELOCATED, name);
  mkdirSync(elsewhere, { recursive: true });
  for (const folder of [RELOCATED, elsewhere]) chmodSync(folder, 0o711);
  writeFileSync(join(elsewhere, 'belongs-to'), `${directory}\n`);
  writeFileSync(locationFile(directory), `${elsewhere}\n`);
  return join(elsewhere, 'data');
}

/** Deletes relocated data whose home folder somebody deleted: nothing refers to them any more. */
async function removeForsaken(): Promise<void> {
  const names = existsSync(RELOCATED) ? readdirSync(RELOCATED) : [];
  for (const folder of names.map((name) => join(RELOCATED, name))) {
    const owner = join(folder, 'belongs-to');
    if (!existsSync(owner) || existsSync(readFileSync(owner, 'utf8').trim())) continue;
    await releaseData(join(folder, 'data'));
    rmSync(folder, { recursive: true, force: true });
  }
}

function passwordOf(directory: string): string {
  const file = join(directory, 'password');
  if (!existsSync(file)) writeFileSync(file, randomBytes(24).toString('base64url'), { mode: 0o600 });
  return readFileSync(file, 'utf8');
}

interface Initialisation {
  binDirectory: string;
  dataDirectory: string;
  password: string;
  account: Account | null;
  disposable: boolean | undefined;
}

/** Into a folder beside, renamed when complete: a killed `initdb` leaves nothing that looks like data. */
async function initialise(cluster: Initialisation): Promise<void> {
  const draft = `${cluster.dataDirectory}.new`;
  const passwordFile = `${draft}.password`;
  rmSync(draft, { recursive: true, force: true });
  rmSync(passwordFile, { force: true });
  mkdirSync(draft, { mode: 0o700 });
  writeFileSync(passwordFile, cluster.password, { mode: 0o600 });
  if (cluster.account) {
    for (const path of [draft, passwordFile]) chownSync(path, cluster.account.uid, cluster.account.gid);
  }
  const encoding = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const access = [`--username=${SUPERUSER}`, `--pwfile=${passwordFile}`, '--auth=scram-sha-256'];
  const durability = ['--data-checksums', ...(cluster.disposable ? ['--no-sync'] : [])];
  try {
    await promisify(execFile)(
      join(cluster.binDirectory, 'initdb'),
      [`--pgdata=${draft}`, ...encoding, ...access, ...durability],
      { cwd: '/', env: { ...process.env, LC_ALL: 'C' }, ...(cluster.account ?? {}) },
    );
  } catch (error) {
    const said = (error as { stderr?: string }).stderr?.trim();
    throw new Error(`PostgreSQL's initdb failed: ${said || (error as Error).message}`, { cause: error });
  } finally {
    rmSync(passwordFile, { force: true });
  }
  renameSync(draft, cluster.dataDirectory);
}

/** A sixteenth of the machine's memory, in MB: it has other things to run than a database. */
function sharedBuffers(bytes: number): number {
  return Math.min(1024, Math.max(128, Math.floor(bytes / 16 / 2 ** 20)));
}

function asFlags(settings: Record<string, string>): string[] {
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/** Waits as long as the server lives: recovery after a crash may take a while, and says so. */
async function untilReady(server: ServerProcess, url: string, say: (message: string) => void): Promise<void> {
  const noticeAt = Date.now() + 5_000;
  let noticed = false;
  for (;;) {
    if (server.exit()) {
      throw new Error(`PostgreSQL ended while it was starting. Its log says:\n${server.lastOutput()}`);
    }
    if (await answers(url)) return;
    if (!noticed && Date.now() > noticeAt) {
      noticed = true;
      say('PostgreSQL is recovering from a crash; this can take a minute.');
    }
    await pause(50);
  }
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } catch (error) {
    // A wrong password never gets right: the server is up, but it is not the one we started.
    if ((error as { code?: string }).code === '28P01') throw error;
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}
