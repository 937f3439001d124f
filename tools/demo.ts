// `npm run demo`: the platform with a sample directory synced into it, ready to be looked at.
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommandFailure } from '../cli/command-failure.ts';
import type { Settings } from '../domain/settings.ts';
import { runCommand } from './command.ts';
import { type DemoClient, signIn } from './demo-client.ts';
import { countSample, curlLines, formatCounts } from './demo-report.ts';
import { ensureSampleDirectory } from './demo-sync.ts';
import type { EmbeddedRuntime } from './embedded-runtime.ts';
import { type HomeFolder, StartError } from './home-folder.ts';

const USERNAME = 'admin';
const HELP = `npm run demo [-- --reset]
  Starts everything, syncs a sample directory of made-up people, and serves it.
  --reset  deletes the embedded data first`;

await runCommand({
  name: 'npm run demo',
  help: HELP,
  environment: (home, settings) => ({ IDENTITY_CENTER_ADMIN_PASSWORD: passwordOf(home, settings) }),
  async onReady(runtime, home, settings) {
    const login = { username: USERNAME, password: passwordOf(home, settings) };
    const client = await signInOrExplain(runtime.apiUrl, login);
    const synced = await ensureSampleDirectory(client.api, home.path);
    const counts = await countSample(client);
    console.log(`\n${synced ? 'The sample directory came in' : 'Kept from the last start'}:`);
    console.log(formatCounts(counts));
    console.log(describePlace(runtime, home, login));
    if (counts.largestGroup) {
      console.log('Paste these into a shell:\n');
      for (const line of curlLines(runtime.apiUrl, login, counts.largestGroup)) console.log(`${line}\n`);
    }
    console.log('Ctrl-C stops it; the data stays. `npm run demo -- --reset` starts over.');
  },
});

/** The demonstration shows its login at every start, so the password is kept; the setting goes first. */
function passwordOf(home: HomeFolder, settings: Settings): string {
  if (settings.IDENTITY_CENTER_ADMIN_PASSWORD) return settings.IDENTITY_CENTER_ADMIN_PASSWORD;
  const file = join(home.path, 'demo-admin-password');
  if (!existsSync(file)) writeFileSync(file, randomBytes(12).toString('base64url'), { mode: 0o600 });
  return readFileSync(file, 'utf8');
}

async function signInOrExplain(
  apiUrl: string,
  login: { username: string; password: string },
): Promise<DemoClient> {
  try {
    return await signIn(apiUrl, login.username, login.password);
  } catch (error) {
    if (!(error instanceof CommandFailure) || error.statusCode !== 401) throw error;
    throw new StartError(
      'The account `admin` of this database has another password, which was shown when it was first started.\n' +
        'Set IDENTITY_CENTER_ADMIN_PASSWORD to it, or give the demonstration a folder of its own with ' +
        'IDENTITY_CENTER_HOME, or start over with `npm run demo -- --reset`.',
    );
  }
}

function describePlace(
  runtime: EmbeddedRuntime,
  home: HomeFolder,
  login: { username: string; password: string },
): string {
  return `
  API          ${runtime.apiUrl}/api
  API docs     ${runtime.apiUrl}/api/docs
  Temporal UI  ${runtime.temporalUiUrl ?? '(not ours: see TEMPORAL_ADDRESS)'}
  Login        ${login.username} / ${login.password}
  Data, logs   ${home.path}
`;
}
