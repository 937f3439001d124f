// The one error class of the client: every failure that a person or a script can act on.
import { STATUS_CODES } from 'node:http';
import { EXIT, type ExitCode } from './exit-codes.ts';

/** A short name for scripts beside the exit code. */
export type FailureCode =
  | 'request_failed'
  | 'usage'
  | 'not_logged_in'
  | 'forbidden'
  | 'not_found'
  | 'unreachable'
  | 'broken_off'
  | 'file_not_writable';

export interface FailureOptions {
  exitCode: ExitCode;
  code: FailureCode;
  /** The status of the API's answer, where there was one. */
  statusCode?: number | undefined;
  details?: { path: string; message: string }[] | undefined;
  cause?: unknown;
}

/** Its message says what was wrong and what would be right, and never holds a password or token. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
  readonly exitCode: ExitCode;
  readonly code: FailureCode;
  readonly statusCode: number | undefined;
  readonly details: { path: string; message: string }[];

  constructor(message: string, options: FailureOptions) {
    super(message, { cause: options.cause });
    this.exitCode = options.exitCode;
    this.code = options.code;
    this.statusCode = options.statusCode;
    this.details = options.details ?? [];
  }
}

/** The command was called in a way that cannot work. */
export function usageFailure(message: string): CommandFailure {
  return new CommandFailure(message, { exitCode: EXIT.usage, code: 'usage' });
}

/** Ends a command because a signal asked for it. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode) {
    super('Interrupted.');
    this.exitCode = exitCode;
  }
}

/** A failure as `--json` shows it. */
export function failureDocument(failure: CommandFailure): object {
  const { code, message, statusCode, details, exitCode } = failure;
  return {
    error: { code, message, ...(statusCode && { statusCode }), ...(details.length > 0 && { details }) },
    exitCode,
  };
}

/** A failure as people read it: `Error 404 Not Found: …`, with a line for each detail. */
export function failureText(failure: CommandFailure): string {
  const { statusCode, message, details } = failure;
  const status = statusCode ? ` ${statusCode} ${STATUS_CODES[statusCode] ?? ''}`.trimEnd() : '';
  const lines = details.map((detail) => `  ${detail.path}: ${detail.message}`);
  return [`Error${status}: ${message}`, ...lines].join('\n');
}
