// Which server the client talks to, and where it keeps logins: from the environment, checked before use.
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { usageFailure } from './command-failure.ts';

export interface ClientSettings {
  /** Without a slash at its end: paths begin with one. */
  serverUrl: string;
  /** A token that goes before the stored login. */
  token: string | null;
  loginFile: string;
}

const DEFAULT_URL = 'http://127.0.0.1:3000';

/** @throws CommandFailure (usage) that names the variable that is wrong. */
export function parseClientSettings(environment: NodeJS.ProcessEnv): ClientSettings {
  return {
    serverUrl: serverUrl(environment.IDENTITY_CENTER_URL || DEFAULT_URL),
    token: token(environment.IDENTITY_CENTER_TOKEN),
    loginFile: join(configFolder(environment), 'identity-center', 'logins.json'),
  };
}

function serverUrl(text: string): string {
  const url = URL.parse(text);
  if (!url || !['http:', 'https:'].includes(url.protocol)) {
    throw usageFailure(`IDENTITY_CENTER_URL must be an http or https address, such as ${DEFAULT_URL}.`);
  }
  if (url.username || url.password || url.search || url.hash) {
    throw usageFailure('IDENTITY_CENTER_URL must hold no username, password, query or fragment.');
  }
  const path = url.pathname.replace(/\/+$/, '');
  if (path.endsWith('/api'))
    throw usageFailure('IDENTITY_CENTER_URL is the address without /api at its end.');
  return `${url.origin}${path}`;
}

function token(text: string | undefined): string | null {
  const trimmed = text?.trim();
  if (!trimmed) return null;
  if (/^[\x21-\x7e]+$/.test(trimmed)) return trimmed;
  throw usageFailure('IDENTITY_CENTER_TOKEN holds characters that no token has.');
}

/** XDG Base Directory Specification 0.8: a relative path is to be ignored. */
function configFolder(environment: NodeJS.ProcessEnv): string {
  const configured = environment.XDG_CONFIG_HOME;
  if (configured && isAbsolute(configured)) return configured;
  return join(environment.HOME || homedir(), '.config');
}

/** Whether what is sent to `serverUrl` can be read on the way: plain HTTP to another machine. */
export function isReadableOnTheWay(serverUrl: string): boolean {
  const { protocol, hostname } = new URL(serverUrl);
  const here = hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
  return protocol === 'http:' && !here;
}
