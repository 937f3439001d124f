// The entry of `npm run faults`: the directory, random kills, a line for each, and an exit code.
import { exitOnSignals } from '../../bench/clean-up.ts';
import { type FaultOptions, FaultOptionsError, HELP, parseFaultOptions } from './options.ts';
import { killAtRandom } from './random-kills.ts';

/** @returns 0 when everything held, 1 when something did not, 2 for a wrong command line. */
async function main(parameters: string[]): Promise<number> {
  let options: FaultOptions;
  try {
    options = parseFaultOptions(parameters);
  } catch (error) {
    if (!(error instanceof FaultOptionsError)) throw error;
    process.stderr.write(`${error.message}\n\n${HELP}`);
    return 2;
  }
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const stack = new AsyncDisposableStack();
  const work = killAtRandom(options, stack, (line) => void process.stdout.write(`${line}\n`));
  exitOnSignals(stack, work);
  try {
    return (await work) ? 0 : 1;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
    return 1;
  } finally {
    await stack.disposeAsync();
  }
}

process.exitCode = await main(process.argv.slice(2));
