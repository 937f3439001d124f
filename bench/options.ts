// The benchmarks' command line: what may be asked for, and a clear word for what may not.
import { parseArgs } from 'node:util';

export interface SyncBenchOptions {
  command: 'sync';
  users: number;
  runs: number;
  json: boolean;
  /** Folder for the worker's CPU profiles; null: no profile. */
  profile: string | null;
}

export interface ApiBenchOptions {
  command: 'api';
  users: number;
  runs: number;
  /** How long each server is loaded in each round. */
  seconds: number;
  json: boolean;
  /** Folder for the API process's CPU profile; null: no profile. */
  profile: string | null;
}

export interface DomainBenchOptions {
  command: 'active-directory';
  users: number;
  runs: number;
  json: boolean;
}

export interface IdentitiesBenchOptions {
  command: 'identities';
  users: number;
  runs: number;
  /** How long each server is loaded in each round. */
  seconds: number;
  json: boolean;
}

export type BenchOptions =
  | SyncBenchOptions
  | ApiBenchOptions
  | DomainBenchOptions
  | IdentitiesBenchOptions
  | { command: 'help' };

/** A command line that cannot be used; the message says why and what would be right. */
export class BenchOptionsError extends Error {
  override readonly name = 'BenchOptionsError';
}

export const HELP = `Usage: npm run bench -- <benchmark> [options]

Benchmarks
  sync   Synchronises a generated LDAP directory: a first full run, a second one with nothing changed,
         two incremental ones after 100 changes (the second scans all ids too), two projects at once,
         the worker's peak memory, the pace at the end of a run and the length of the workflow's history,
         beside ldapsearch + COPY of the same entries. From 500,000 users on, a last run rewrites all objects.
  api    Times GET /users (first page, search, department, page 400), beside a bare node:http + pg
         server that runs the same SQL; then, with more than 10,000 users, first, filtered and last pages, searches
         and the members of a group of 50,000 beside the same requests with 10,000 users.
  identities
         Times the refresh of all identities through a profile, beside one UPDATE of the same rows, and
         GET /beta/identities (first page, a filter by name, by email and by fifty ids, the last page,
         and with a count): p99 of each beside that of the first page, and beside a bare server.
  active-directory
         Synchronises a domain of Samba's: full runs with nothing changed, and incremental ones after 100
         changes, without and with the scan of all ids.

Options
  --users N      People in the directory, or identities (default 100000; active-directory: 4000, which Samba takes a minute
                 to add); sync adds one group for every 40.
  --runs N       Rounds, of which the median is reported (default 3; the baseline of sync has at least 3).
  --seconds N    api, identities: how long each server is loaded in each round (default 5).
  --profile DIR  Writes CPU profiles of the worker (sync) or the API (api) into DIR, and prints where its time
                 went; sync prints the costliest SQL statements too. Figures are lower with it.
  --json         The figures as JSON on standard output; progress goes to standard error.
  --help         This text.

The last line says which targets were missed (with --json, on standard error); the exit code is 1 then.
Everything runs on this machine, on free ports, in a temporary folder that is removed afterwards.
sync needs slapd and ldap-utils, active-directory what its tests need (npm test says what).
`;

/** @throws BenchOptionsError that names the wrong word or number. */
export function parseBenchOptions(parameters: string[]): BenchOptions {
  const { values, positionals } = parse(parameters);
  if (values.help) return { command: 'help' };
  const [command, ...rest] = positionals;
  if (!isCommand(command))
    throw new BenchOptionsError(
      command === undefined
        ? `Which benchmark? One of: ${COMMANDS.join(', ')}.`
        : `Unknown benchmark "${command}". One of: ${COMMANDS.join(', ')}.`,
    );
  if (rest.length > 0) throw new BenchOptionsError(`Unexpected "${rest.join(' ')}" after "${command}".`);
  if (command !== 'api' && command !== 'identities' && values.seconds !== undefined)
    throw new BenchOptionsError(`--seconds belongs to the benchmarks api and identities, not to ${command}.`);
  if (command !== 'api' && command !== 'sync' && values.profile !== undefined)
    throw new BenchOptionsError(`--profile belongs to the benchmarks sync and api, not to ${command}.`);
  const people =
    command === 'active-directory' ? { usual: '4000', least: 100 } : { usual: '100000', least: 40 };
  const users = wholeNumber('--users', values.users ?? people.usual, people.least);
  const runs = wholeNumber('--runs', values.runs ?? '3', 1);
  const json = values.json ?? false;
  const profile = values.profile ?? null;
  if (command === 'active-directory') return { command, users, runs, json };
  if (command === 'sync') return { command, users, runs, json, profile };
  const seconds = wholeNumber('--seconds', values.seconds ?? '5', 1);
  if (command === 'identities') return { command, users, runs, json, seconds };
  return { command, users, runs, json, profile, seconds };
}

const COMMANDS = ['sync', 'api', 'identities', 'active-directory'] as const;

function isCommand(word: string | undefined): word is (typeof COMMANDS)[number] {
  return COMMANDS.some((command) => command === word);
}

function parse(parameters: string[]) {
  try {
    return parseArgs({
      args: parameters,
      allowPositionals: true,
      options: {
        users: { type: 'string' },
        runs: { type: 'string' },
        seconds: { type: 'string' },
        profile: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new BenchOptionsError(error instanceof Error ? error.message : String(error));
  }
}

function wholeNumber(option: string, text: string, least: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > 10_000_000)
    throw new BenchOptionsError(`${option} must be a whole number from ${least} to 10000000, not "${text}".`);
  return value;
}
