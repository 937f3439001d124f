// The benchmarks' entry: `npm run bench -- sync`, `api`, `identities` or `active-directory`.
import { benchApi } from './api-bench.ts';
import { exitOnSignals } from './clean-up.ts';
import { benchDomain } from './domain-bench.ts';
import { domainReportText } from './domain-report-text.ts';
import { benchIdentities } from './identities-bench.ts';
import { identitiesReportText } from './identities-report-text.ts';
import { type BenchOptions, BenchOptionsError, HELP, parseBenchOptions } from './options.ts';
import { apiReportText } from './report-text.ts';
import { benchSync } from './sync-bench.ts';
import { syncReportText } from './sync-report-text.ts';

/** @returns the exit code. */
async function main(parameters: string[]): Promise<number> {
  let options: BenchOptions;
  try {
    options = parseBenchOptions(parameters);
  } catch (error) {
    if (!(error instanceof BenchOptionsError)) throw error;
    process.stderr.write(`${error.message}\n\n${HELP}`);
    return 2;
  }
  if (options.command === 'help') {
    process.stdout.write(HELP);
    return 0;
  }
  const stack = new AsyncDisposableStack();
  const work = runBench(options, stack);
  exitOnSignals(stack, work);
  try {
    process.stdout.write(await work);
    return 0;
  } catch (error) {
    process.stderr.write(`The benchmark failed: ${reason(error)}\n`);
    return 1;
  } finally {
    await stack.disposeAsync();
  }
}

/** What went wrong first, not what the clean-up after it met. */
function reason(error: unknown): string {
  if (error instanceof SuppressedError) return reason(error.suppressed);
  return error instanceof Error ? error.message : String(error);
}

async function runBench(
  options: Exclude<BenchOptions, { command: 'help' }>,
  stack: AsyncDisposableStack,
): Promise<string> {
  const say = (message: string) => void process.stderr.write(`${message}\n`);
  if (options.command === 'sync') {
    const report = await benchSync(options, stack, say);
    return options.json ? `${JSON.stringify(report, null, 2)}\n` : syncReportText(report);
  }
  if (options.command === 'active-directory') {
    const report = await benchDomain(options, stack, say);
    return options.json ? `${JSON.stringify(report, null, 2)}\n` : domainReportText(report);
  }
  if (options.command === 'identities') {
    const report = await benchIdentities(options, stack, say);
    return options.json ? `${JSON.stringify(report, null, 2)}\n` : identitiesReportText(report);
  }
  const report = await benchApi(options, stack, say);
  return options.json ? `${JSON.stringify(report, null, 2)}\n` : apiReportText(report);
}

process.exitCode = await main(process.argv.slice(2));
