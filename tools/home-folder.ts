// Keeps the folder that everything embedded lives in: marks it as ours, holds it for one program, empties it on request.
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { removeEmbeddedPostgres } from './embedded-postgres.ts';
import { commandLineOf, isRunning, type RecordedProcess } from './process-table.ts';

const MARKER = 'identity-center-home';
const LOCK = 'running.json';
/** What we put there. The import folder also holds files of the user's, which stay. */
const OWN_ENTRIES = [
  ...['temporal', 'cache', 'logs', 'runtime.json', 'secret.key', 'demo-admin-password'],
  join('import', 'sample'),
];

/** A reason not to start that a person can act on; its message is all that is shown. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/** The home folder as an absolute path, held until `release`. */
export interface HomeFolder {
  path: string;
  /** Whether this call made it. */
  isNew: boolean;
  release(): void;
}

interface Lock extends RecordedProcess {
  command: string;
  since: string;
}

/**
 * Makes the folder if need be and holds it for this process.
 * @throws StartError when another running program holds it.
 */
export function openHome(path: string, command: string): HomeFolder {
  const home = resolve(path);
  const isNew = !existsSync(home);
  if (isNew) {
    mkdirSync(home, { recursive: true });
    writeFileSync(join(home, MARKER), 'Made by IdentityCenter; `npm start -- --reset` empties it.\n');
  }
  hold(home, command);
  return { path: home, isNew, release: () => rmSync(join(home, LOCK), { force: true }) };
}

function hold(home: string, command: string): void {
  const lock: Lock = {
    pid: process.pid,
    mark: commandLineOf(process.pid) ?? command,
    command,
    since: new Date().toISOString(),
  };
  const draft = join(home, `${LOCK}.${process.pid}`);
  writeFileSync(draft, JSON.stringify(lock));
  try {
    for (let attempt = 0; ; attempt += 1) {
      try {
        // A link cannot replace a file: of two that start at once, one gets it.
        linkSync(draft, join(home, LOCK));
        return;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || attempt > 2) throw error;
        refuseIfHeld(home);
      }
    }
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Takes a lock away whose program was killed. @throws StartError when its program still runs. */
function refuseIfHeld(home: string): void {
  const file = join(home, LOCK);
  const lock = readLock(file);
  if (lock && lock.pid !== process.pid && isRunning(lock)) {
    throw new StartError(
      `\`${lock.command}\` is running on ${home} already (process ${lock.pid}, since ${lock.since}).\n` +
        'End it with Ctrl-C where it runs, or set IDENTITY_CENTER_HOME to another folder for a second one.',
    );
  }
  rmSync(file, { force: true });
}

function readLock(file: string): Lock | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}

/**
 * Deletes what we made in the home folder, which `home` holds; other files stay, and so does the folder if there are any.
 * @returns what was deleted.
 * @throws StartError when the folder has no marker: it was not made by us.
 */
export function emptyHome(home: HomeFolder): string[] {
  if (!existsSync(join(home.path, MARKER))) {
    throw new StartError(
      `--reset deletes only what IdentityCenter made, and ${home.path} was there before it: delete it by hand.`,
    );
  }
  const removed: string[] = [];
  const postgres = join(home.path, 'postgres');
  if (existsSync(postgres)) {
    removeEmbeddedPostgres(postgres);
    removed.push(postgres);
  }
  for (const entry of OWN_ENTRIES.map((name) => join(home.path, name)).filter(existsSync)) {
    rmSync(entry, { recursive: true, force: true });
    removed.push(entry);
  }
  const imports = join(home.path, 'import');
  if (existsSync(imports) && readdirSync(imports).length === 0) rmdirSync(imports);
  return removed;
}
