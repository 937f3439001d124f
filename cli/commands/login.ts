// `login` and `logout`: a password is exchanged for a token, which is kept; the password is not.
import type { Command } from 'commander';
import { bodyOf } from '../api-client.ts';
import { isReadableOnTheWay } from '../client-settings.ts';
import { CommandFailure, usageFailure } from '../command-failure.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { notLoggedIn, type Session } from '../session.ts';
import type { StoredLogin } from '../stored-logins.ts';
import { ask, readSecret } from '../terminal.ts';
import type { Perform } from './perform.ts';

interface LoginOptions {
  username?: string;
  passwordStdin?: boolean;
}

export function addLogin(program: Command, perform: Perform): void {
  program
    .command('login')
    .description('log in, and keep the token for the commands that follow')
    .option('-u, --username <name>', 'asked for when it is left out')
    .option('--password-stdin', 'read the password from standard input')
    .addHelpText('after', '\nThe password: --password-stdin, else IDENTITY_CENTER_PASSWORD, else a question.')
    .action((options: LoginOptions) => perform((session) => logIn(session, options)));
  program
    .command('logout')
    .description('revoke the stored token and forget it')
    .action(() => perform(logOut));
}

async function logIn(session: Session, options: LoginOptions): Promise<ExitCode> {
  const { serverUrl, loginFile } = session.settings;
  if (isReadableOnTheWay(serverUrl)) {
    session.say(`Warning: ${serverUrl} is not encrypted; password and token can be read on the way.`);
  }
  const username = options.username ?? (await askUsername(session));
  const body = { username, password: await passwordOf(session, options) };
  const { data } = bodyOf(await session.apiWith(null).auth.login({ query: {}, body }), 200);
  const login = { token: data.token, username: data.account.username, expiresAt: data.expiresAt };
  session.logins.save(serverUrl, login);
  if (session.settings.token) {
    session.say('IDENTITY_CENTER_TOKEN is set and goes before the login that is stored now.');
  }
  const { account, expiresAt } = data;
  session.print(
    { data: { serverUrl, account, expiresAt, loginFile } },
    () => `Logged in to ${serverUrl} as ${account.username} (${account.role}) until ${expiresAt}.`,
  );
  return EXIT.ok;
}

function askUsername({ terminal }: Session): Promise<string> {
  return ask(terminal, 'Username: ', { hidden: false, instead: 'give --username' });
}

async function passwordOf({ terminal }: Session, options: LoginOptions): Promise<string> {
  const { IDENTITY_CENTER_PASSWORD } = terminal.environment;
  const password = options.passwordStdin
    ? await readSecret(terminal.stdin)
    : IDENTITY_CENTER_PASSWORD ||
      (await ask(terminal, 'Password: ', {
        hidden: true,
        instead: 'give --password-stdin or set IDENTITY_CENTER_PASSWORD',
      }));
  if (password === '') throw usageFailure('The password is empty.');
  return password;
}

async function logOut(session: Session): Promise<ExitCode> {
  const { serverUrl } = session.settings;
  const login = session.logins.find(serverUrl);
  if (!login) notLoggedIn(serverUrl);
  // Forgotten first: whatever the server says, nobody uses it from here again.
  session.logins.remove(serverUrl);
  await revoke(session, login);
  session.print({ data: { serverUrl, username: login.username } }, () => `Logged out of ${serverUrl}.`);
  return EXIT.ok;
}

async function revoke(session: Session, login: StoredLogin): Promise<void> {
  try {
    await session.apiWith(login.token).auth.logout({ query: {}, body: {} });
  } catch (error) {
    // It had ended or was revoked before: that is what was asked for.
    if (error instanceof CommandFailure && error.statusCode === 401) return;
    session.say(`The token was removed here, but it could not be revoked: it ends at ${login.expiresAt}.`);
    throw error;
  }
}
