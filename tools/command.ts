// What `npm start` and `npm run demo` share: settings, options, the home folder, and ending in order.
import { parseArgs } from 'node:util';
import { config as loadDotenv } from 'dotenv';
import { parseSettings, type Settings, SettingsError } from '../domain/settings.ts';
import { type EmbeddedRuntime, startRuntime } from './embedded-runtime.ts';
import { emptyHome, type HomeFolder, openHome, StartError } from './home-folder.ts';

export interface Command {
  /** As it is typed: `npm start`. */
  name: string;
  help: string;
  /** Environment for API and worker beside this process's own. */
  environment?: (home: HomeFolder, settings: Settings) => Record<string, string>;
  /** Called once everything is healthy; what it prints is the command's result. */
  onReady: (runtime: EmbeddedRuntime, home: HomeFolder, settings: Settings) => Promise<void>;
}

/** Runs the command until Ctrl-C or SIGTERM; sets the exit code. Failures a person can act on are one message. */
export async function runCommand(command: Command): Promise<void> {
  const interrupted = new AbortController();
  stopOnSignals(interrupted);
  try {
    await serve(command, parseOptions(command), interrupted);
  } catch (error) {
    // Ctrl-C while it was starting: what had started is stopped already.
    if (interrupted.signal.aborted) return;
    const known = error instanceof StartError || error instanceof SettingsError;
    console.error(known ? error.message : `${command.name} failed: ${(error as Error).message}`);
    if (!known && process.env.LOG_LEVEL === 'debug') console.error(error);
    process.exitCode = 1;
  }
}

function parseOptions(command: Command): { reset: boolean } | null {
  try {
    const { values } = parseArgs({ options: { reset: { type: 'boolean' }, help: { type: 'boolean' } } });
    if (!values.help) return { reset: values.reset ?? false };
  } catch (error) {
    throw new StartError(`${(error as Error).message}\n${command.help}`);
  }
  console.log(command.help);
  return null;
}

async function serve(
  command: Command,
  options: { reset: boolean } | null,
  interrupted: AbortController,
): Promise<void> {
  if (!options) return;
  loadDotenv({ quiet: true });
  const settings = parseSettings(process.env);
  const home = openHome(settings.IDENTITY_CENTER_HOME, command.name);
  try {
    if (options.reset) reset(home, settings);
    const runtime = await startRuntime({
      settings,
      home: home.path,
      say: (message) => console.error(message),
      environment: command.environment?.(home, settings),
      signal: interrupted.signal,
    });
    try {
      await Promise.race([
        command.onReady(runtime, home, settings).then(() => aborted(interrupted.signal)),
        aborted(interrupted.signal),
        runtime.failed,
      ]);
    } finally {
      await runtime.stop();
    }
  } finally {
    home.release();
  }
}

/** The first signal stops everything in order; a second one, a while later, ends at once. */
function stopOnSignals(interrupted: AbortController): void {
  let first = 0;
  const codes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
  for (const [signal, code] of Object.entries(codes)) {
    process.on(signal, () => {
      // npm and the terminal may both pass one Ctrl-C on.
      if (first > 0 && Date.now() - first > 1_000) process.exit(code);
      if (first > 0) return;
      first = Date.now();
      console.error('\nStopping …');
      interrupted.abort();
    });
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function reset(home: HomeFolder, settings: Settings): void {
  if (settings.DATABASE_URL || settings.TEMPORAL_ADDRESS) {
    throw new StartError(
      '--reset is for embedded data; DATABASE_URL or TEMPORAL_ADDRESS is set, whose data it does not touch.',
    );
  }
  const removed = emptyHome(home);
  if (removed.length === 0) console.error('--reset: there was nothing to delete.');
  for (const path of removed) console.error(`--reset: deleted ${path}`);
}
