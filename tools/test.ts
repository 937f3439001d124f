// `npm test`: gets what the suite needs, runs it, and closes with one plain line that says how it went.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findTemporalCli } from './temporal-cli.ts';
import { ensureTestPackages } from './test-packages.ts';
import { type JestResults, summarise } from './test-summary.ts';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

async function main(): Promise<void> {
  const say = (message: string) => console.error(message);
  await ensureTestPackages(say);
  // Here and not in Jest's set-up, so that a long build shows its progress before the tests begin.
  const temporalCli = await findTemporalCli({ say });
  const folder = mkdtempSync(join(tmpdir(), 'identity-center-results-'));
  const results = join(folder, 'results.json');
  try {
    const code = await runJest(results, { ...process.env, TEMPORAL_CLI: temporalCli });
    const summary = summarise(readResults(results));
    process.exitCode = code === 0 && !summary.ok ? 1 : code;
    console.log(summary.line);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function runJest(results: string, environment: NodeJS.ProcessEnv): Promise<number> {
  const jest = join(dirname(createRequire(import.meta.url).resolve('jest/package.json')), 'bin', 'jest.js');
  const flags = ['--disable-warning=ExperimentalWarning', '--experimental-vm-modules', jest];
  const child = spawn(
    process.execPath,
    [...flags, '--json', `--outputFile=${results}`, ...process.argv.slice(2)],
    { cwd: ROOT, env: environment, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  // Ctrl-C reaches Jest as well, which then stops its servers: wait for that.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => void child.kill(signal));
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

function readResults(file: string): JestResults | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}

await main();
