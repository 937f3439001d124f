// Starts whatever of the platform is not there yet, in order, and stops it in the opposite order.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Settings } from '../domain/settings.ts';
import { ensureDatabase, startEmbeddedPostgres } from './embedded-postgres.ts';
import { freePort, isPortFree } from './free-port.ts';
import { StartError } from './home-folder.ts';
import { endProcess, type RecordedProcess } from './process-table.ts';
import { startService } from './service.ts';
import { findTemporalCli } from './temporal-cli.ts';
import { startTemporalServer } from './temporal-server.ts';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const DATABASE = 'identity_center';
const HEALTHY_TIMEOUT_MS = 120_000;

export interface RuntimeOptions {
  settings: Settings;
  /** The home folder, held by the caller. */
  home: string;
  say: (message: string) => void;
  /** Passed to API and worker beside what this process has. */
  environment?: Record<string, string>;
  /** Ends a start that is under way. */
  signal: AbortSignal;
}

export interface EmbeddedRuntime {
  /** Where the API answers, without a slash at the end. */
  apiUrl: string;
  /** null when Temporal is not ours. */
  temporalUiUrl: string | null;
  postgresPort: number | null;
  /** Rejects when a part cannot be kept running. */
  failed: Promise<never>;
  stop(): Promise<void>;
}

/** What is remembered from one start to the next: ports, so that URLs stay; processes, so that orphans are ended. */
interface Remembered {
  ports: { postgres?: number; temporal?: number; temporalUi?: number };
  processes: RecordedProcess[];
}

/**
 * Starts PostgreSQL and Temporal unless settings name others, then API and worker, and waits until all is healthy.
 * @throws StartError when the port is in use; Error when a part does not come up.
 */
export async function startRuntime(options: RuntimeOptions): Promise<EmbeddedRuntime> {
  const { home, settings, say } = options;
  const memory = recall(home);
  await endOrphans(memory, say);
  const port = await apiPort(settings);
  const stack = new AsyncDisposableStack();
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {});
  const remember = (part: RecordedProcess) => {
    memory.processes.push(part);
    store(home, memory);
  };
  const parts: Parts = { ...options, memory, stack, remember, fail: failed.reject };
  try {
    const [databaseUrl, temporal] = await settle(embedPostgres(parts), embedTemporal(parts));
    options.signal.throwIfAborted();
    const apiUrl = `http://${reachableHost(settings.HOST)}:${port}`;
    const environment = {
      ...process.env,
      ...options.environment,
      PORT: String(port),
      IDENTITY_CENTER_HOME: home,
      DATABASE_URL: databaseUrl,
      TEMPORAL_ADDRESS: temporal.address,
    };
    startOurs(parts, environment);
    await Promise.race([untilHealthy(apiUrl, options.signal), failed.promise]);
    return {
      apiUrl,
      temporalUiUrl: temporal.uiUrl,
      postgresPort: memory.ports.postgres ?? null,
      failed: failed.promise,
      stop: () => stack.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

interface Parts extends RuntimeOptions {
  memory: Remembered;
  /** What was started, ended in opposite order. */
  stack: AsyncDisposableStack;
  remember: (part: RecordedProcess) => void;
  fail: (reason: Error) => void;
}

async function embedPostgres({ settings, home, memory, stack, remember, fail, say }: Parts): Promise<string> {
  if (settings.DATABASE_URL) return settings.DATABASE_URL;
  const directory = join(home, 'postgres');
  if (!existsSync(directory)) say('Making a PostgreSQL 18 database (a few seconds, once) …');
  const server = await startEmbeddedPostgres({ directory, port: memory.ports.postgres, say });
  memory.ports.postgres = server.port;
  remember({ pid: server.pid, mark: server.dataDirectory });
  stack.defer(() => server.stop());
  watch(server.ended, stack, () => fail(new Error(`PostgreSQL ended; its log is ${directory}/postgres.log`)));
  await ensureDatabase(server, DATABASE);
  return server.url(DATABASE);
}

async function embedTemporal(parts: Parts): Promise<{ address: string; uiUrl: string | null }> {
  const { settings, home, memory, stack, remember, fail, say } = parts;
  if (settings.TEMPORAL_ADDRESS) return { address: settings.TEMPORAL_ADDRESS, uiUrl: null };
  const cli = await findTemporalCli({ say, signal: parts.signal });
  const directory = join(home, 'temporal');
  const server = await startTemporalServer({
    cli,
    directory,
    persistent: true,
    namespace: settings.TEMPORAL_NAMESPACE,
    port: memory.ports.temporal,
    uiPort: memory.ports.temporalUi,
  });
  memory.ports.temporal = server.port;
  memory.ports.temporalUi = server.uiPort ?? undefined;
  remember({ pid: server.pid, mark: directory });
  stack.defer(() => server.stop());
  watch(server.ended, stack, () => fail(new Error(`Temporal ended; its log is ${directory}/temporal.log`)));
  return { address: server.address, uiUrl: `http://127.0.0.1:${server.uiPort}` };
}

/** Calls `unasked` when the server ends before it is stopped with the rest. */
function watch(ended: Promise<void>, stack: AsyncDisposableStack, unasked: () => void): void {
  void ended.then(() => {
    if (!stack.disposed) unasked();
  });
}

function startOurs(parts: Parts, environment: Record<string, string | undefined>): void {
  const { home, say, remember, stack, fail } = parts;
  const logs = join(home, 'logs');
  mkdirSync(logs, { recursive: true });
  const mark = `--home=${home}`;
  const services = [
    { name: 'The API', script: join('api', 'server.ts'), logFile: join(logs, 'api.log'), nodeOptions: [] },
    {
      name: 'The worker',
      script: join('worker', 'main.ts'),
      logFile: join(logs, 'worker.log'),
      nodeOptions: ['--max-semi-space-size=16'],
    },
  ].map(({ name, script, logFile, nodeOptions }) =>
    startService({
      name,
      script: join(ROOT, script),
      nodeOptions,
      mark,
      logFile,
      environment,
      say,
      print: (line) => console.log(line),
      onStart: (pid) => remember({ pid, mark }),
    }),
  );
  for (const service of services) service.failed.catch(fail);
  stack.defer(async () => {
    await Promise.all(services.map((service) => service.stop()));
  });
}

/** Waits for both even when one fails, so that neither is left behind half started. */
async function settle<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([first, second]);
  return [await first, await second];
}

/** @throws StartError when the port is taken. 0 means any free one. */
async function apiPort({ PORT, HOST }: Settings): Promise<number> {
  if (PORT === 0) return freePort();
  if (await isPortFree(PORT, HOST)) return PORT;
  throw new StartError(
    `Port ${PORT} on ${HOST} is in use by another program. Choose another one with PORT, for example:\n` +
      `  PORT=${PORT + 1} npm ${process.env.npm_lifecycle_event === 'demo' ? 'run demo' : 'start'}`,
  );
}

function reachableHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}

function recall(home: string): Remembered {
  try {
    return JSON.parse(readFileSync(join(home, 'runtime.json'), 'utf8'));
  } catch {
    return { ports: {}, processes: [] };
  }
}

/** Whole or not at all: a kill at this moment must not make us forget what runs. */
function store(home: string, memory: Remembered): void {
  const file = join(home, 'runtime.json');
  writeFileSync(`${file}.new`, JSON.stringify(memory));
  renameSync(`${file}.new`, file);
}

/** Ends what a killed run left: our processes, by pid and command line. PostgreSQL's own start does so for its data. */
async function endOrphans(memory: Remembered, say: (message: string) => void): Promise<void> {
  const ended = memory.processes.map((part) => endProcess(part, 'SIGTERM', 10_000));
  const orphans = (await Promise.all(ended)).filter(Boolean).length;
  if (orphans > 0) say(`Ended ${orphans} processes that an earlier, killed run had left.`);
  memory.processes = [];
}

/** Waits until API, database, Temporal and a worker work together. */
async function untilHealthy(apiUrl: string, signal: AbortSignal): Promise<void> {
  const deadline = Date.now() + HEALTHY_TIMEOUT_MS;
  let last = 'no answer';
  while (Date.now() < deadline) {
    signal.throwIfAborted();
    try {
      const response = await fetch(`${apiUrl}/api/health`, { signal: AbortSignal.timeout(3_000) });
      const health = (await response.json()) as { checks: Record<string, { status: string }> };
      // A project that missed its schedule while all was off makes the rest no less ready.
      const needed = ['database', 'temporal', 'workers'];
      if (needed.every((part) => health.checks[part]?.status === 'healthy')) return;
      last = JSON.stringify(health);
    } catch {
      // Not listening yet.
    }
    await pause(50);
  }
  throw new Error(`The platform was not healthy within ${HEALTHY_TIMEOUT_MS / 1_000} s: ${last}`);
}
