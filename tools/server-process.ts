// Runs one embedded server as a child process with its output in a file, and ends it reliably.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

export interface ServerProcessOptions {
  command: string;
  args: string[];
  /** Gets what the server prints; appended to. */
  logFile: string;
  workingDirectory?: string;
  environment?: Record<string, string | undefined>;
  /** Runs it as this account; only root may ask for that. */
  account?: { uid: number; gid: number } | null;
}

export interface ServerProcess {
  pid: number;
  /** How it ended, or null while it runs. */
  exit(): { code: number | null; signal: NodeJS.Signals | null } | null;
  /** Resolves once it has ended, however. */
  ended: Promise<void>;
  /** Sends `signal`; SIGKILL follows when it has not ended within `timeoutMs`. */
  stop(signal: NodeJS.Signals, timeoutMs: number): Promise<void>;
  /** The last lines it printed, to explain why it ended. */
  lastOutput(): string;
}

/**
 * Starts the server in a process group of its own: Ctrl-C in the terminal reaches only the program that
 * started it, which then stops its servers in order.
 * @throws Error when the program cannot be started at all.
 */
export async function startServerProcess(options: ServerProcessOptions): Promise<ServerProcess> {
  const log = openSync(options.logFile, 'a', 0o600);
  const child = spawn(options.command, options.args, {
    stdio: ['ignore', log, log],
    detached: true,
    cwd: options.workingDirectory,
    env: options.environment ?? process.env,
    ...(options.account ?? {}),
  });
  closeSync(log);
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  return observe(child, options.logFile);
}

function observe(child: ChildProcess, logFile: string): ServerProcess {
  let exit: { code: number | null; signal: NodeJS.Signals | null } | null = null;
  const ended = new Promise<void>((resolve) => {
    child.once('exit', (code, signal) => {
      exit = { code, signal };
      resolve();
    });
  });
  return {
    pid: child.pid as number,
    exit: () => exit,
    ended,
    async stop(signal, timeoutMs) {
      if (exit) return;
      child.kill(signal);
      const timeout = new AbortController();
      await Promise.race([ended, pause(timeoutMs, undefined, { signal: timeout.signal }).catch(() => {})]);
      timeout.abort();
      if (!exit) {
        child.kill('SIGKILL');
        await ended;
      }
    },
    lastOutput: () => tail(logFile),
  };
}

function tail(file: string): string {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-5).join('\n');
  } catch {
    return '';
  }
}
