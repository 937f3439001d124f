// Starts `tools/start.ts` or `tools/demo.ts` as a person would, in a home folder of its own.
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { isRunning, type RecordedProcess } from '../../tools/process-table.ts';
import { testEnvironment } from './environment.ts';

export interface PlatformProcess {
  /** All that it printed so far. */
  output(): { stdout: string; stderr: string };
  /** Waits until it printed `text`. @throws Error with its output when it ends first or takes over two minutes. */
  untilPrinted(text: string): Promise<void>;
  /** Sends the signal and waits for the end. @returns its exit code, or the signal that ended it. */
  end(signal: NodeJS.Signals): Promise<number | string>;
  /** Waits for its end. */
  ended: Promise<number | string>;
}

/** @param script `start` or `demo` */
export function startScript(
  script: 'start' | 'demo',
  options: { home: string; port: number; args?: string[]; environment?: Record<string, string> },
): PlatformProcess {
  const path = join(import.meta.dirname, '..', '..', 'tools', `${script}.ts`);
  const child = spawn(process.execPath, [path, ...(options.args ?? [])], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      TMPDIR: process.env.TMPDIR,
      TEMPORAL_CLI: testEnvironment().temporalCli,
      IDENTITY_CENTER_HOME: options.home,
      PORT: String(options.port),
      ...options.environment,
    },
  });
  return watch(child);
}

function watch(child: ChildProcess): PlatformProcess {
  const printed = { stdout: '', stderr: '' };
  let over: number | string | null = null;
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (chunk: string) => {
      printed[name] += chunk;
    });
  }
  const ended = new Promise<number | string>((resolve) => {
    child.once('exit', (code, signal) => {
      over = code ?? String(signal);
      resolve(over);
    });
  });
  return {
    output: () => printed,
    ended,
    async untilPrinted(text) {
      const deadline = Date.now() + 120_000;
      while (!`${printed.stdout}${printed.stderr}`.includes(text)) {
        if (over !== null || Date.now() > deadline) {
          throw new Error(
            `"${text}" was not printed (ended: ${over}):\n${printed.stdout}\n${printed.stderr}`,
          );
        }
        await pause(50);
      }
    },
    async end(signal) {
      child.kill(signal);
      return ended;
    },
  };
}

/** The path of a home folder that does not exist yet, alone in a folder that the test deletes. */
export function newHome(): string {
  const folder = mkdtempSync(join(tmpdir(), 'identity-center-home-'));
  // PostgreSQL runs as another account where we are root, and has to get in.
  chmodSync(folder, 0o711);
  return join(folder, 'home');
}

/** The processes that the home's program started, as it wrote them down; those that run. */
export function runningParts(home: string): RecordedProcess[] {
  const { processes } = JSON.parse(readFileSync(join(home, 'runtime.json'), 'utf8')) as {
    processes: RecordedProcess[];
  };
  return processes.filter(isRunning);
}
