// The client's process: it ends with the code that the command gives, and in order when a signal ends it.
import { Interrupted } from './command-failure.ts';
import { runCli } from './run-cli.ts';

const interrupted = new AbortController();
for (const [signal, number] of [
  ['SIGHUP', 1],
  ['SIGINT', 2],
  ['SIGTERM', 15],
] as const) {
  process.on(signal, () => interrupted.abort(new Interrupted(128 + number)));
}
// `identity-center … | head`: nobody reads any more, so there is nothing left to do.
process.stdout.on('error', () => interrupted.abort(new Interrupted(128 + 13)));

process.exitCode = await runCli(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  environment: process.env,
  signal: interrupted.signal,
});
