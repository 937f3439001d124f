// Keeps the checks of a connection test in order, each with its time, up to the first that fails.
import { AppError } from '../domain/app-error.ts';
import type { CheckName, ConnectionCheck } from './connector.ts';

/** Runs one check; `passed` says in a sentence what it found. */
export type CheckRunner = <T>(
  name: CheckName,
  check: () => Promise<T>,
  passed: (result: T) => string,
) => Promise<T>;

export interface CheckRecorder {
  checks: ConnectionCheck[];
  run: CheckRunner;
  /** Whether a check failed: its error is in the list, and need not be reported again. */
  hasFailed(): boolean;
}

/** An abort is no failed check: it is thrown on. */
export function createCheckRecorder(signal: AbortSignal): CheckRecorder {
  const checks: ConnectionCheck[] = [];
  return {
    checks,
    hasFailed: () => checks.some(({ ok }) => !ok),
    async run(name, check, passed) {
      const started = performance.now();
      const record = (ok: boolean, message: string) => {
        checks.push({ name, ok, message, durationMs: Math.round(performance.now() - started) });
      };
      try {
        const result = await check();
        record(true, passed(result));
        return result;
      } catch (error) {
        signal.throwIfAborted();
        const unknown = `The check '${name}' failed for a reason that this program does not know.`;
        record(false, error instanceof AppError ? error.message : unknown);
        throw error;
      }
    },
  };
}
