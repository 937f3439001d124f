// Starts the real worker process for a test, and kills it when the test wants that.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { testEnvironment } from './environment.ts';

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const READY_MS = 120_000;

export interface WorkerProcess {
  pid: number;
  /** Everything it has written so far. */
  log(): string;
  /** Sends a signal and, if it ends the process, waits for that. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Ends it, even when it is stopped by SIGSTOP. */
  stop(): Promise<void>;
}

export interface WorkerSettings {
  databaseUrl: string;
  /** `host:port`; of the test run's own server when nothing is said. */
  temporalAddress?: string;
  taskQueue: string;
  /** IDENTITY_CENTER_HOME: import folder and cache. */
  home: string;
  secretKey: string;
  environment?: Record<string, string>;
  /** The program, where it is not the real one: a path below the repository. */
  program?: string;
}

/** Answers when the worker polls its task queue. */
export async function startWorker(settings: WorkerSettings): Promise<WorkerProcess> {
  const child = spawn(process.execPath, [join(ROOT, settings.program ?? 'worker/main.ts')], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: {
      PATH: process.env.PATH,
      DATABASE_URL: settings.databaseUrl,
      TEMPORAL_ADDRESS: settings.temporalAddress ?? testEnvironment().temporalAddress,
      TEMPORAL_TASK_QUEUE: settings.taskQueue,
      IDENTITY_CENTER_HOME: settings.home,
      IDENTITY_CENTER_SECRET_KEY: settings.secretKey,
      ...settings.environment,
    },
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (log += String(chunk)));
  await ready(child, () => log);
  return {
    pid: child.pid as number,
    log: () => log,
    kill: (signal) => end(child, signal),
    stop: () => end(child, 'SIGKILL'),
  };
}

async function ready(child: ChildProcess, log: () => string): Promise<void> {
  const timer = setTimeout(() => child.kill('SIGKILL'), READY_MS);
  const [first] = await Promise.race([once(child, 'message'), once(child, 'exit')]);
  clearTimeout(timer);
  if (first !== 'ready') throw new Error(`The worker did not start:\n${log()}`);
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  if (signal !== 'SIGSTOP' && signal !== 'SIGCONT') await exited;
}
