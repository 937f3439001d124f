// What every command is given: the server to talk to, the login, and the ways to say something.
import { type ApiClient, authorizationOf, createApiClient } from './api-client.ts';
import { type ClientSettings, parseClientSettings } from './client-settings.ts';
import { CommandFailure } from './command-failure.ts';
import { EXIT } from './exit-codes.ts';
import { createSend, type Send } from './http.ts';
import { openStoredLogins, type StoredLogins } from './stored-logins.ts';
import type { Terminal } from './terminal.ts';

export interface Session {
  terminal: Terminal;
  settings: ClientSettings;
  logins: StoredLogins;
  /** Writes the result to standard output: the document with `--json`, else the text. */
  print(document: object, text: () => string): void;
  /** Writes a line to standard error. */
  say(message: string): void;
  /** As `say`, for what only people want to know: nothing with `--json`, and nothing for null. */
  note(message: string | null): void;
  /** A client that is logged in. @param limits how patient it is, where not as every command is. */
  api(limits?: { maxWaitSeconds: number }): ApiClient;
  /** A client with this token, or with none. */
  apiWith(token: string | null): ApiClient;
  /** Requests whose answers are no JSON. */
  send: Send;
  /** @throws CommandFailure (not_logged_in) when there is no token. */
  authorization(): Record<string, string>;
}

/** Reads nothing but the environment; the stored login is read when it is needed. */
export function createSession(terminal: Terminal, options: { json: boolean }): Session {
  const settings = parseClientSettings(terminal.environment);
  const { serverUrl } = settings;
  const logins = openStoredLogins(settings.loginFile);
  const say = (message: string) => void terminal.stderr.write(`${message}\n`);
  const sendWith = (limits: { maxWaitSeconds?: number } = {}) =>
    createSend({ serverUrl, signal: terminal.signal, say, ...limits });
  const send = sendWith();
  const token = () => settings.token ?? logins.find(serverUrl)?.token ?? notLoggedIn(serverUrl);
  return {
    terminal,
    settings,
    logins,
    say,
    note: (message) => {
      if (message !== null && !options.json) say(message);
    },
    send,
    print: (document, text) =>
      void terminal.stdout.write(`${options.json ? JSON.stringify(document, null, 2) : text()}\n`),
    api: (limits) => createApiClient({ serverUrl, send: sendWith(limits), token: token() }),
    apiWith: (given) => createApiClient({ serverUrl, send, token: given }),
    authorization: () => authorizationOf(token()),
  };
}

/** @throws CommandFailure always. */
export function notLoggedIn(serverUrl: string): never {
  throw new CommandFailure(
    `Not logged in to ${serverUrl}: \`identity-center login\` logs in, or set IDENTITY_CENTER_TOKEN.`,
    { exitCode: EXIT.denied, code: 'not_logged_in' },
  );
}
