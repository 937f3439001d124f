// What the client has of the process around it: streams, environment, and the signal that ends it.
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { Interrupted, usageFailure } from './command-failure.ts';

export interface Terminal {
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
  environment: NodeJS.ProcessEnv;
  /** Aborted with an Interrupted when the command is to end. */
  signal: AbortSignal;
}

const CTRL_C = 130;

/**
 * Asks a person; what is typed is shown unless `hidden`. Questions go to standard error.
 * @param instead what to do where nobody can be asked, as part of a sentence.
 * @throws CommandFailure (usage) when standard input is no terminal; Interrupted on Ctrl-C and Ctrl-D.
 */
export async function ask(
  terminal: Terminal,
  question: string,
  options: { hidden: boolean; instead: string },
): Promise<string> {
  if (!terminal.stdin.isTTY) throw usageFailure(`There is no terminal to ask on: ${options.instead}.`);
  const over = new AbortController();
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({
    input: terminal.stdin,
    output: options.hidden ? silent : terminal.stderr,
    terminal: true,
  });
  lines.once('SIGINT', () => over.abort());
  lines.once('close', () => over.abort());
  if (options.hidden) terminal.stderr.write(question);
  try {
    const signal = AbortSignal.any([over.signal, terminal.signal]);
    return await lines.question(options.hidden ? '' : question, { signal });
  } catch (error) {
    terminal.signal.throwIfAborted();
    if (over.signal.aborted) throw new Interrupted(CTRL_C);
    throw error;
  } finally {
    const cutShort = over.signal.aborted;
    lines.close();
    // The line that was not seen to end is ended.
    if (options.hidden || cutShort) terminal.stderr.write('\n');
  }
}

/** All of standard input, without the line end at its end. */
export async function readSecret(stdin: NodeJS.ReadStream): Promise<string> {
  return (await text(stdin)).replace(/\r?\n$/, '');
}
