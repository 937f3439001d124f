// Finds the bundle of the workflows, made once for each version of their sources: the next start takes no seconds for it.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
export const WORKFLOWS = join(ROOT, 'workflows', 'index.ts');
export const FAILURE_CONVERTER = join(ROOT, 'worker', 'failure-converter.ts');

/** The bundle's file below `cacheDirectory`, made if it is not there; two workers may make it at once. */
export async function workflowBundle(cacheDirectory: string): Promise<string> {
  const file = join(cacheDirectory, `workflows-${sourcesDigest()}.js`);
  if (!existsSync(file)) {
    mkdirSync(cacheDirectory, { recursive: true });
    await promisify(execFile)(process.execPath, [join(ROOT, 'worker', 'bundle.ts'), file], { cwd: ROOT });
  }
  return file;
}

/** Everything a bundle is made of: our workflows and domain, and the versions of the packages. */
function sourcesDigest(): string {
  const digest = createHash('sha256');
  const files = ['workflows', 'domain'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  for (const file of [...files.sort(), FAILURE_CONVERTER, join(ROOT, 'package-lock.json')])
    digest.update(file.slice(ROOT.length)).update(readFileSync(file));
  return digest.digest('hex').slice(0, 16);
}
