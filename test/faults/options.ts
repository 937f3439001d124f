// The command line of `npm run faults`: how often to kill, in what directory, with which seed.
import { parseArgs } from 'node:util';

export interface FaultOptions {
  kills: number;
  users: number;
  seed: number;
  help: boolean;
}

/** A command line that cannot be used; the message says why and what would be right. */
export class FaultOptionsError extends Error {
  override readonly name = 'FaultOptionsError';
}

export const HELP = `Usage: npm run faults -- [options]

Synchronises a generated LDAP directory, and kills the worker (SIGKILL) at a random instant of each run: by itself,
with PostgreSQL, with Temporal's server, or with both, in turns. Full runs, incremental ones with and without a scan
of ids, first runs of a new connection and dry runs take turns, too: twenty kills are each pair once. The run has to
complete, and what is stored has to be the directory (after a dry run: what it was). Exit code 1 on any difference.

Options
  --kills N   How many (default 20).
  --users N   People in the directory (default 20000).
  --seed N    Chooses instants and changes (default: a new one, which is printed).
  --help      This text.

Everything runs on this machine, on free ports, in a temporary folder that is removed afterwards.
It needs slapd and ldap-utils.
`;

/** @throws FaultOptionsError that names the wrong word or number. */
export function parseFaultOptions(parameters: string[]): FaultOptions {
  const { values } = parse(parameters);
  return {
    kills: wholeNumber('--kills', values.kills ?? '20', 1),
    users: wholeNumber('--users', values.users ?? '20000', 200),
    seed: wholeNumber('--seed', values.seed ?? String(Math.floor(Math.random() * 1_000_000)), 0),
    help: values.help ?? false,
  };
}

function parse(parameters: string[]) {
  try {
    return parseArgs({
      args: parameters,
      options: {
        kills: { type: 'string' },
        users: { type: 'string' },
        seed: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new FaultOptionsError(error instanceof Error ? error.message : String(error));
  }
}

function wholeNumber(option: string, text: string, least: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > 10_000_000)
    throw new FaultOptionsError(`${option} must be a whole number from ${least} to 10000000, not "${text}".`);
  return value;
}
