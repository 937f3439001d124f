// One call of the client, from its arguments to its exit code.
import { inspect } from 'node:util';
import { CommanderError } from 'commander';
import manifest from '../package.json' with { type: 'json' };
import { CommandFailure, failureDocument, failureText, Interrupted } from './command-failure.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { createProgram, type GlobalOptions } from './program.ts';
import { createSession } from './session.ts';
import type { Terminal } from './terminal.ts';

/** 128 and SIGPIPE: whoever read our output went away. */
const READER_GONE: ExitCode = 141;

/** Runs the command that `args` name and says what went wrong; never throws. */
export async function runCli(args: string[], terminal: Terminal): Promise<ExitCode> {
  // Not what was parsed: the arguments may be what is wrong.
  const wanted: GlobalOptions = { json: args.includes('--json'), debug: args.includes('--debug') };
  let exitCode: ExitCode = EXIT.ok;
  const program = createProgram(manifest.version, (root) => async (work) => {
    const { json = false } = root.opts<GlobalOptions>();
    exitCode = await work(createSession(terminal, { json }));
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    return reportFailure(error, terminal, wanted);
  }
}

function reportFailure(error: unknown, terminal: Terminal, wanted: GlobalOptions): ExitCode {
  if (terminal.signal.aborted) return (terminal.signal.reason as Interrupted).exitCode;
  if (error instanceof Interrupted) return error.exitCode;
  if ((error as NodeJS.ErrnoException).code === 'EPIPE') return READER_GONE;
  // Help and version were asked for, and shown.
  if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok;
  const failure = failureOf(error);
  terminal.stderr.write(`${failureText(failure)}\n`);
  if (wanted.debug) terminal.stderr.write(`${inspect(error)}\n`);
  if (wanted.json) terminal.stdout.write(`${JSON.stringify(failureDocument(failure), null, 2)}\n`);
  return failure.exitCode;
}

function failureOf(error: unknown): CommandFailure {
  if (error instanceof CommandFailure) return error;
  if (error instanceof CommanderError) return usageOf(error);
  const { message } = error as Error;
  return new CommandFailure(`${message} (a fault of the client: --debug shows where)`, {
    exitCode: EXIT.failure,
    code: 'request_failed',
    cause: error,
  });
}

/** Commander has shown the help where a command is missing; its other messages begin with `error: `. */
function usageOf(error: CommanderError): CommandFailure {
  const message = error.code === 'commander.help' ? 'A command is missing.' : error.message;
  return new CommandFailure(message.replace(/^error: /, ''), {
    exitCode: EXIT.usage,
    code: 'usage',
    cause: error,
  });
}
