// The benchmarks' entry: `npm run bench -- sync`, `api`, `identities` or `active-directory`.
import { benchApi } from './api-bench.ts';
import { exitOnSignals } from './clean-up.ts';
import { benchDomain } from './domain-bench.ts';
import { domainReportText } from './domain-report-text.ts';
import { benchIdentities } from './identities-bench.ts';
import { identitiesReportText } from './identities-report-text.ts';
import { identityTargets } from './identity-targets.ts';
import { type BenchOptions, BenchOptionsError, HELP, parseBenchOptions } from './options.ts';
import { apiReportText } from './report-text.ts';
import { sizeTargets } from './size-bench.ts';
import { benchSync } from './sync-bench.ts';
import { syncReportText } from './sync-report-text.ts';
import { syncTargets } from './sync-targets.ts';
import { conclusion, type Target } from './targets.ts';

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
    const { text, targets } = await work;
    process.stdout.write(text);
    const { text: last, exitCode } = conclusion(targets);
    // With --json, standard output is the report alone.
    (options.json ? process.stderr : process.stdout).write(`${last}\n`);
    return exitCode;
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

interface Outcome {
  text: string;
  targets: Target[];
}

async function runBench(
  options: Exclude<BenchOptions, { command: 'help' }>,
  stack: AsyncDisposableStack,
): Promise<Outcome> {
  const say = (message: string) => void process.stderr.write(`${message}\n`);
  const outcome = <Report>(report: Report, toText: (report: Report) => string, targets: Target[]) => ({
    text: options.json ? `${JSON.stringify(report, null, 2)}\n` : toText(report),
    targets,
  });
  switch (options.command) {
    case 'sync': {
      const report = await benchSync(options, stack, say);
      return outcome(report, syncReportText, syncTargets(report));
    }
    case 'active-directory':
      return outcome(await benchDomain(options, stack, say), domainReportText, []);
    case 'identities': {
      const report = await benchIdentities(options, stack, say);
      return outcome(report, identitiesReportText, identityTargets(report));
    }
    case 'api': {
      const report = await benchApi(options, stack, say);
      return outcome(report, apiReportText, report.sizes ? sizeTargets(report.sizes) : []);
    }
  }
}

process.exitCode = await main(process.argv.slice(2));
