// Finds Temporal's command-line program, which holds the development server; gets it once where it is missing.
import { execFile } from 'node:child_process';
import { accessSync, constants, mkdirSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { downloadTemporalCli } from './temporal-download.ts';

/** Newer tags cannot be installed by `go install`: they have a `replace` line. */
const TEMPORAL_CLI_VERSION = '1.5.1';
const GO_PACKAGE = 'github.com/temporalio/cli/cmd/temporal';

export interface TemporalCliOptions {
  environment?: Record<string, string | undefined>;
  /** Where a downloaded or built program is kept; `~/.cache/identity-center/bin` unless given. */
  cacheDirectory?: string;
  say?: (message: string) => void;
  /** Gets the official release into `target`; replaced only to try the order without a network. */
  download?: (target: string) => Promise<void>;
  /** Ends a build that is under way. */
  signal?: AbortSignal;
}

/**
 * The path of a working `temporal`: `TEMPORAL_CLI`, else PATH, else our cache folder, else the official download
 * (its checksum verified), else built with Go.
 * @throws Error when TEMPORAL_CLI is wrong, or when nothing works; it names every way.
 */
export async function findTemporalCli(options: TemporalCliOptions = {}): Promise<string> {
  const environment = options.environment ?? process.env;
  const say = options.say ?? (() => {});
  const cache = options.cacheDirectory ?? defaultCache(environment);
  if (environment.TEMPORAL_CLI) return requireWorking(resolve(environment.TEMPORAL_CLI));

  const onPath = onSearchPath('temporal', environment);
  if (onPath && (await works(onPath))) return onPath;
  const cached = join(cache, 'temporal');
  // Not tried out: only whole programs get there, and every start would pay for it.
  if (isExecutable(cached)) return cached;

  mkdirSync(cache, { recursive: true });
  const draftFolder = mkdtempSync(join(cache, 'new-'));
  const reasons: string[] = [];
  try {
    const ways = [
      () => download(draftFolder, say, options.download ?? downloadTemporalCli),
      () => buildWithGo(draftFolder, environment, say, options.signal),
    ];
    for (const way of ways) {
      const outcome = await way();
      if (outcome === null) {
        // Renamed into place: whoever runs at the same time finds either none or a whole one.
        renameSync(join(draftFolder, 'temporal'), cached);
        return cached;
      }
      reasons.push(outcome);
    }
  } finally {
    rmSync(draftFolder, { recursive: true, force: true });
  }
  throw new Error(notFound(cache, reasons));
}

function defaultCache(environment: Record<string, string | undefined>): string {
  const base = environment.XDG_CACHE_HOME || join(environment.HOME || homedir(), '.cache');
  return join(base, 'identity-center', 'bin');
}

async function requireWorking(path: string): Promise<string> {
  if (await works(path)) return path;
  throw new Error(`TEMPORAL_CLI is set to ${path}, which is not a working Temporal CLI.`);
}

async function works(path: string): Promise<boolean> {
  try {
    const { stdout } = await promisify(execFile)(path, ['--version'], { timeout: 20_000 });
    return /^temporal version /.test(stdout);
  } catch {
    return false;
  }
}

function onSearchPath(program: string, environment: Record<string, string | undefined>): string | null {
  const folders = (environment.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, program)).find(isExecutable) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** @returns null when the program is in `folder`, else why it is not. */
async function download(
  folder: string,
  say: (message: string) => void,
  get: (target: string) => Promise<void>,
): Promise<string | null> {
  say(`Downloading Temporal's CLI ${TEMPORAL_CLI_VERSION} (about 50 MB, once) …`);
  try {
    await get(join(folder, 'temporal'));
    return null;
  } catch (error) {
    const reason = `the official download failed: ${(error as Error).message}`;
    say(`  ${reason}`);
    return reason;
  }
}

/** @returns null when the program is in `folder`, else why it is not. */
async function buildWithGo(
  folder: string,
  environment: Record<string, string | undefined>,
  say: (message: string) => void,
  signal?: AbortSignal,
): Promise<string | null> {
  const go = onSearchPath('go', environment);
  if (!go) return 'there is no Go toolchain on PATH to build it with';
  say(`Building Temporal's CLI ${TEMPORAL_CLI_VERSION} from source with Go (about five minutes, once) …`);
  const started = Date.now();
  const minutes = () => ((Date.now() - started) / 60_000).toFixed(1);
  const stillGoing = setInterval(() => say(`  still building, ${minutes()} minutes so far`), 60_000);
  try {
    await promisify(execFile)(go, ['install', `${GO_PACKAGE}@v${TEMPORAL_CLI_VERSION}`], {
      env: { ...environment, GOBIN: folder, CGO_ENABLED: '0' },
      cwd: folder,
      signal,
      maxBuffer: 64 * 1024 * 1024,
    });
    say(`  built in ${minutes()} minutes; \`go clean -cache -modcache\` frees the 4 GB that Go keeps of it`);
    return null;
  } catch (error) {
    const said = (error as { stderr?: string }).stderr?.trim().split('\n').slice(-3).join('\n');
    return `building it with Go failed: ${said || (error as Error).message}`;
  } finally {
    clearInterval(stillGoing);
  }
}

function notFound(cache: string, reasons: string[]): string {
  return [
    "Temporal's CLI is needed and could not be had:",
    ...reasons.map((reason) => `  - ${reason}`),
    'Any one of these helps:',
    '  - set TEMPORAL_CLI to the path of a `temporal` program',
    '  - put `temporal` on PATH (https://docs.temporal.io/cli#install)',
    `  - put it at ${join(cache, 'temporal')}`,
    '  - install Go, with which it is built from source',
    '  - set TEMPORAL_ADDRESS to a Temporal server that runs already',
  ].join('\n');
}
