// All commands of the client, and the options that each of them has.
import { Command } from 'commander';
import { addConnections } from './commands/connections.ts';
import { addHistory } from './commands/history.ts';
import { addLogin } from './commands/login.ts';
import type { Perform } from './commands/perform.ts';
import { addProjects } from './commands/projects.ts';
import { addUsers } from './commands/users.ts';

const ENVIRONMENT = `
Environment:
  IDENTITY_CENTER_URL    the server (default http://127.0.0.1:3000)
  IDENTITY_CENTER_TOKEN  a token that goes before the stored login

Exit codes: 0 ok, 1 refused or broken off, 2 usage, 3 not logged in or forbidden, 4 not found, 5 run failed,
6 run cancelled, 7 run waits for approval, 8 server unreachable, 9 connection test failed.`;

/** The options in front of or behind every command. */
export interface GlobalOptions {
  json?: boolean;
  debug?: boolean;
}

/** Parsing throws a CommanderError instead of ending the process, and leaves its message to the caller. */
export function createProgram(version: string, createPerform: (program: Command) => Perform): Command {
  const program = new Command('identity-center')
    .description('IdentityCenter from the command line')
    .version(version)
    .option('--json', 'one JSON document on standard output; all else goes to standard error')
    .option('--debug', 'show the stack of errors')
    .addHelpText('after', ENVIRONMENT)
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ outputError: () => {} })
    .exitOverride();
  const perform = createPerform(program);
  for (const add of [addLogin, addConnections, addProjects, addHistory, addUsers]) add(program, perform);
  return program;
}
