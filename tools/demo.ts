// `npm run demo`: the platform with an HR file and a directory joined into persons, ready to be looked at.
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommandFailure } from '../cli/command-failure.ts';
import type { Settings } from '../domain/settings.ts';
import { runCommand } from './command.ts';
import { type DemoClient, signIn } from './demo-client.ts';
import { commands, type DemoAccess } from './demo-commands.ts';
import { freshClient } from './demo-oauth-client.ts';
import { choosePerson, describePerson } from './demo-person.ts';
import { countSample, formatCounts } from './demo-report.ts';
import { ensureDemo } from './demo-sync.ts';
import type { EmbeddedRuntime } from './embedded-runtime.ts';
import { type HomeFolder, StartError } from './home-folder.ts';

const USERNAME = 'admin';
const HELP = `npm run demo [-- --reset]
  Starts everything, joins an HR file and a directory of made-up people into persons, and serves them.
  --reset  deletes the embedded data first`;

await runCommand({
  name: 'npm run demo',
  help: HELP,
  environment: (home, settings) => ({ IDENTITY_CENTER_ADMIN_PASSWORD: passwordOf(home, settings) }),
  async onReady(runtime, home, settings) {
    const login = { username: USERNAME, password: passwordOf(home, settings) };
    const client = await signInOrExplain(runtime.apiUrl, login);
    const demo = await ensureDemo(client, home.path);
    const counts = await countSample(client, demo);
    const person = choosePerson(counts.persons);
    const access = { apiUrl: runtime.apiUrl, login, client: await freshClient(client.api) };
    console.log(`\n${demo.changed ? 'An HR file and a directory came in' : 'Kept from the last start'}:\n`);
    console.log(formatCounts(counts));
    if (person) console.log(`\nOne of them is ${await describePerson(client, demo, person.id)}`);
    console.log(describePlace(runtime, home, access));
    const shown = { group: counts.largestGroup, person, profile: demo.profile.name };
    for (const { title, lines } of commands(access, shown))
      console.log(`${[title, ...lines].join('\n\n')}\n`);
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

function describePlace(runtime: EmbeddedRuntime, home: HomeFolder, { login, client }: DemoAccess): string {
  return `
  API           ${runtime.apiUrl}/api
  API docs      ${runtime.apiUrl}/api/docs
  Temporal UI   ${runtime.temporalUiUrl ?? '(not ours: see TEMPORAL_ADDRESS)'}
  Login         ${login.username} / ${login.password}
  OAuth client  ${client.clientId} / ${client.clientSecret}, until the next start
  Data, logs    ${home.path}
`;
}
