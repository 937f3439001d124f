// What the client's exit codes mean, so that scripts need not read its messages; docs/cli.md has the same table.

export const EXIT = {
  ok: 0,
  /** The server refused, or what it sent was broken off. */
  failure: 1,
  usage: 2,
  /** Not logged in, login refused, or a scope is missing. */
  denied: 3,
  notFound: 4,
  runFailed: 5,
  runCancelled: 6,
  /** The run waits for somebody's approval. */
  runPaused: 7,
  unreachable: 8,
  /** The server tested a connection, and the source did not pass. */
  testFailed: 9,
} as const;

/** One of EXIT, or 128 and the number of the signal that ended the command. */
export type ExitCode = number;

/** The exit code for an HTTP status that is no success. */
export function exitCodeOfStatus(status: number): ExitCode {
  if (status === 401 || status === 403) return EXIT.denied;
  return status === 404 ? EXIT.notFound : EXIT.failure;
}

/** The exit code for how a followed run stands at its end. */
export function exitCodeOfRun(status: string): ExitCode {
  const codes: Record<string, ExitCode> = {
    failed: EXIT.runFailed,
    cancelled: EXIT.runCancelled,
    paused: EXIT.runPaused,
  };
  return codes[status] ?? EXIT.ok;
}
