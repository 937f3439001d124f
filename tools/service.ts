// Runs one of our own processes (API, worker) and starts it again when it ends unasked.
import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, renameSync, statSync, writeSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';

export interface ServiceOptions {
  /** As a person reads it: `the API`. */
  name: string;
  /** The script, an absolute path. */
  script: string;
  /** Options of node for this process. */
  nodeOptions?: readonly string[];
  /** Shows in the process list, so that a killed run's processes are recognised. */
  mark: string;
  logFile: string;
  environment: Record<string, string | undefined>;
  say: (message: string) => void;
  /** Gets the lines that the process means for the terminal. */
  print: (line: string) => void;
  /** Told each time a process was started. */
  onStart: (pid: number) => void;
}

export interface Service {
  /** Rejects when the process ends again and again without ever living for long. */
  failed: Promise<never>;
  stop(): Promise<void>;
}

const BACK_OFF_MS = [1_000, 2_000, 5_000, 10_000, 30_000];
/** A process that lived this long had started well: back-off begins anew. */
const HEALTHY_AFTER_MS = 30_000;
const STOP_TIMEOUT_MS = 15_000;
const LARGEST_LOG_BYTES = 20 * 1024 * 1024;

/** Starts the process; it is restarted with growing pauses until `stop`. */
export function startService(options: ServiceOptions): Service {
  const stopping = new AbortController();
  const failed = Promise.withResolvers<never>();
  // Whoever stops the service may never look at it.
  failed.promise.catch(() => {});
  const finished = keepRunning(options, stopping.signal).catch(failed.reject);
  return {
    failed: failed.promise,
    async stop() {
      stopping.abort();
      await finished;
    },
  };
}

async function keepRunning(options: ServiceOptions, stopping: AbortSignal): Promise<void> {
  for (let failures = 0; !stopping.aborted; ) {
    const startedAt = Date.now();
    const how = await runOnce(options, stopping);
    if (stopping.aborted) return;
    failures = Date.now() - startedAt > HEALTHY_AFTER_MS ? 1 : failures + 1;
    const delay = BACK_OFF_MS[failures - 1];
    const report = `${options.name} ended (${how}). Its last words:\n${lastLines(options.logFile)}`;
    if (delay === undefined) throw new Error(`${report}\nIt was started ${failures} times: giving up.`);
    options.say(`${report}\nStarting it again in ${delay / 1_000} s; the log is ${options.logFile}.`);
    await pause(delay, undefined, { signal: stopping }).catch(() => {});
  }
}

/** Runs the process until it ends, or until `stopping`, when it is told to end. @returns how it ended. */
function runOnce(options: ServiceOptions, stopping: AbortSignal): Promise<string> {
  rotate(options.logFile);
  const log = openSync(options.logFile, 'a', 0o600);
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', ...(options.nodeOptions ?? []), options.script, options.mark],
    // A process group of its own: Ctrl-C is for the program that stops everything in order.
    { stdio: ['ignore', 'pipe', log], detached: true, env: options.environment },
  );
  if (child.pid) options.onStart(child.pid);
  sortOutput(child.stdout as Readable, log, options.print);
  const stop = () => {
    child.kill('SIGTERM');
    setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS).unref();
  };
  if (stopping.aborted) stop();
  stopping.addEventListener('abort', stop, { once: true });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      stopping.removeEventListener('abort', stop);
      closeSync(log);
      resolve(signal ? `signal ${signal}` : `exit code ${code}`);
    });
  });
}

/** The API prints the first password, which is for the terminal and not for a log; all else it prints is log lines. */
function sortOutput(output: Readable, log: number, print: (line: string) => void): void {
  let rest = '';
  output.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line.startsWith('{')) writeSync(log, `${line}\n`);
      else if (line.trim() !== '') print(line);
    }
  });
}

function lastLines(file: string): string {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n').slice(-3);
  return lines.map((line) => `  ${line}`).join('\n');
}

function rotate(file: string): void {
  if (existsSync(file) && statSync(file).size > LARGEST_LOG_BYTES) renameSync(file, `${file}.1`);
}
