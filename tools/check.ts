// `npm run check`: everything that must hold before a change goes in; stops at the first thing that does not.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createOpenApiDocument } from '../contracts/openapi.ts';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

interface Step {
  name: string;
  /** What to do when it fails. */
  remedy: string;
  passes: () => boolean;
}

const STEPS: Step[] = [
  {
    name: 'format and lint',
    remedy: '`npm run format` mends what can be mended by itself.',
    passes: () => runs('biome', 'check', '.'),
  },
  { name: 'types', remedy: 'See the errors above.', passes: () => runs('tsc', '--noEmit') },
  {
    name: 'contract',
    remedy: 'contracts/openapi.json is not what the contract says: `npm run contract` writes it anew.',
    passes: contractIsCurrent,
  },
  {
    name: 'tests',
    remedy: 'See the failures above.',
    passes: () => succeeds(process.execPath, join(ROOT, 'tools', 'test.ts')),
  },
];

function main(): void {
  for (const step of STEPS) {
    console.error(`\n— ${step.name} —`);
    if (step.passes()) continue;
    console.error(`\nnpm run check failed at: ${step.name}. ${step.remedy}`);
    process.exitCode = 1;
    return;
  }
  console.error('\nnpm run check: everything passed.');
}

function contractIsCurrent(): boolean {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const written = JSON.parse(readFileSync(join(ROOT, 'contracts', 'openapi.json'), 'utf8'));
  return JSON.stringify(written) === JSON.stringify(createOpenApiDocument(version));
}

function runs(program: string, ...args: string[]): boolean {
  return succeeds(join(ROOT, 'node_modules', '.bin', program), ...args);
}

function succeeds(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { cwd: ROOT, stdio: 'inherit' }).status === 0;
}

main();
