// Bundles the workflows once for each version of their sources, so that a worker's next start takes no seconds for it.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, type Logger } from '@temporalio/worker';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
export const FAILURE_CONVERTER = join(ROOT, 'worker', 'failure-converter.ts');

/** The bundle's file below `cacheDirectory`, made if it is not there; two workers may make it at once. */
export async function workflowBundle(cacheDirectory: string, logger: Logger): Promise<string> {
  const file = join(cacheDirectory, `workflows-${sourcesDigest()}.js`);
  try {
    readFileSync(file);
    return file;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(ROOT, 'workflows', 'index.ts'),
    failureConverterPath: FAILURE_CONVERTER,
    logger,
  });
  mkdirSync(cacheDirectory, { recursive: true });
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, code);
  renameSync(draft, file);
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
