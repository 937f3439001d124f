// PostgreSQL refuses to run as root: finds, or makes, the account it runs as where we are root.
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** An account of the system, by number. */
export interface Account {
  name: string;
  uid: number;
  gid: number;
}

const OWN_ACCOUNT = 'identity-center';

/**
 * The account that PostgreSQL runs as: null (ours) unless we are root; then `postgres`, else `identity-center`,
 * which is made when it is missing.
 * @throws Error when no account can be had, saying what to do.
 */
export function postgresAccount(say: (message: string) => void): Account | null {
  if (process.getuid?.() !== 0) return null;
  const known = findAccount('postgres') ?? findAccount(OWN_ACCOUNT);
  if (known) return known;
  say(`PostgreSQL does not run as root: making the system account "${OWN_ACCOUNT}" for it.`);
  try {
    const shell = ['--shell', '/usr/sbin/nologin', '--home-dir', '/nonexistent'];
    execFileSync('useradd', ['--system', '--user-group', '--no-create-home', ...shell, OWN_ACCOUNT], {
      stdio: 'pipe',
    });
  } catch (cause) {
    throw new Error('PostgreSQL does not run as root, and no account could be made: run as another user.', {
      cause,
    });
  }
  const made = findAccount(OWN_ACCOUNT);
  if (!made) throw new Error('PostgreSQL does not run as root: run this as another user.');
  return made;
}

function findAccount(name: string): Account | null {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((candidate) => candidate.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  return uid && gid ? { name, uid: Number(uid), gid: Number(gid) } : null;
}

/** Whether the account may pass through every folder above `path` (one in root's home, for instance, it may not). */
export function canReach(account: Account, path: string): boolean {
  for (let folder = dirname(resolve(path)); ; folder = dirname(folder)) {
    const { mode, uid, gid } = statSync(folder);
    const needed = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
    if ((mode & needed) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}
