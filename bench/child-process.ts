// Runs one process of the product (API, worker, bare server) for a benchmark, as it would run in production.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface BenchProcess {
  readonly pid: number;
  /** Peak resident memory so far, in bytes; null where /proc does not say. */
  peakMemory(): Promise<number | null>;
  /** @throws Error with the end of its output, when the process has ended by itself. */
  assertRunning(): Promise<void>;
  /** SIGTERM, and SIGKILL if it is still there after 30 s. */
  stop(): Promise<void>;
}

const ROOT = join(import.meta.dirname, '..');
const STOP_TIMEOUT_MS = 30_000;

/**
 * Starts `entry` (a path in this repository) with Node.
 * @param log file that takes what the process prints; it is appended to.
 */
export function startProcess(
  entry: string,
  options: { environment: Record<string, string>; log: string; nodeOptions?: string[] },
): BenchProcess {
  const file = openSync(options.log, 'a');
  const child = spawn(process.execPath, [...(options.nodeOptions ?? []), join(ROOT, entry)], {
    cwd: ROOT,
    env: { ...process.env, NODE_ENV: 'production', ...options.environment },
    stdio: ['ignore', file, file],
  });
  // For when this process exits without having stopped it.
  const killOnExit = () => void child.kill('SIGKILL');
  process.once('exit', killOnExit);
  child.once('close', () => process.off('exit', killOnExit));
  return {
    get pid() {
      if (child.pid === undefined) throw new Error(`${entry} could not be started`);
      return child.pid;
    },
    peakMemory: () => peakMemory(child),
    async assertRunning() {
      if (child.exitCode === null && child.signalCode === null) return;
      const words = await readFile(options.log, 'utf8');
      throw new Error(`${entry} ended (${child.exitCode ?? child.signalCode}):\n${words.slice(-3_000)}`);
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const closed = once(child, 'close');
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
      await closed;
      clearTimeout(timer);
    },
  };
}

async function peakMemory(child: ChildProcess): Promise<number | null> {
  const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '');
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  return kilobytes === undefined ? null : Number(kilobytes) * 1_024;
}
