// Looks other processes up by pid, so that only those that are ours are ever stopped.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

/** The command line of a running process, arguments joined by spaces; null when there is no such process. */
export function commandLineOf(pid: number): string | null {
  try {
    const text = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    // A zombie has an empty command line: it has ended, only its parent has not noticed.
    return text === '' ? null : text.replaceAll('\0', ' ').trim();
  } catch {
    if (process.platform === 'linux') return null;
  }
  try {
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).trim() || null;
  } catch {
    return null;
  }
}

/** A process as it was recorded: the pid alone may have gone to somebody else since. */
export interface RecordedProcess {
  pid: number;
  /** A part of its command line that no other program has (its data folder, its script). */
  mark: string;
}

/** Whether the recorded process still runs: the pid lives and its command line holds the mark. */
export function isRunning(recorded: RecordedProcess): boolean {
  const commandLine = commandLineOf(recorded.pid);
  return commandLine?.includes(recorded.mark) ?? false;
}

/** Waits until the process has ended. @returns false when it still runs after `timeoutMs`. */
async function waitForEnd(recorded: RecordedProcess, timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while (isRunning(recorded)) {
    if (Date.now() > deadline) return false;
    await pause(20);
  }
  return true;
}

/**
 * Sends `signal` to a recorded process, and SIGKILL when it has not ended after `timeoutMs`.
 * @returns whether there was such a process.
 */
export async function endProcess(
  recorded: RecordedProcess,
  signal: NodeJS.Signals,
  timeoutMs: number,
): Promise<boolean> {
  const wasRunning = isRunning(recorded);
  for (const next of [signal, 'SIGKILL'] as const) {
    if (!isRunning(recorded)) break;
    try {
      process.kill(recorded.pid, next);
    } catch {
      break;
    }
    if (await waitForEnd(recorded, next === 'SIGKILL' ? 5_000 : timeoutMs)) break;
  }
  return wasRunning;
}
