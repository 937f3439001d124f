// `users export`: the API's CSV, streamed to standard output or to a file that is whole or not there.
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { type Command, Option } from 'commander';
import { contract } from '../../contracts/index.ts';
import { failureOf } from '../api-client.ts';
import { CommandFailure, usageFailure } from '../command-failure.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { writeWhole } from '../export-file.ts';
import { findNamed } from '../find-named.ts';
import { reasonOf } from '../http.ts';
import { listQuery } from '../list-query.ts';
import type { Session } from '../session.ts';
import type { Perform } from './perform.ts';

interface ExportOptions {
  format: 'csv';
  output?: string;
  connection?: string;
  search?: string;
  department?: string;
  status?: string;
  includeRemoved?: boolean;
  sort?: string;
}

export function addUsers(program: Command, perform: Perform): void {
  const users = program.command('users').description('export users');
  users
    .command('export')
    .description('all users that match, as of one moment')
    .addOption(new Option('--format <format>').choices(['csv']).default('csv'))
    .option(
      '-o, --output <file>',
      'write to this file instead of standard output; it is replaced when all is there',
    )
    .option('--search <text>', 'part of the name, email or account name')
    .option('--department <department>')
    .addOption(new Option('--status <status>').choices(['active', 'disabled', 'all']))
    .option('--connection <connection>', 'users of one connection, by id or name')
    .option('--include-removed', 'also what has gone from its source')
    .option('--sort <field>', 'field to sort by, with - in front for descending order')
    .action((options: ExportOptions, command: Command) =>
      perform((session) => exportUsers(session, options, command.optsWithGlobals().json === true)),
    );
}

async function exportUsers(session: Session, options: ExportOptions, json: boolean): Promise<ExitCode> {
  const { output, connection, ...filters } = options;
  const toFile = output !== undefined && output !== '-';
  if (json && !toFile) {
    throw usageFailure(
      '--json needs --output <file>: without it, standard output carries the export itself.',
    );
  }
  const connectionId = connection && (await findNamed(session.api(), 'connections', connection));
  const query = listQuery(contract.users.list.query, { ...filters, connectionId });
  const body = await openExport(session, query as Record<string, string>);
  const counted = { bytes: 0 };
  const stream = Readable.from(counting(body, counted), { objectMode: false });
  if (!toFile) {
    await pipeline(stream, session.terminal.stdout, { end: false });
    return EXIT.ok;
  }
  await writeWhole(stream, output);
  const { bytes } = counted;
  session.print(
    { data: { file: output, format: options.format, bytes } },
    () => `Wrote ${bytes} bytes to ${output}.`,
  );
  return EXIT.ok;
}

async function openExport(session: Session, query: Record<string, string>): Promise<Readable> {
  const path = `${contract.users.list.path}?${new URLSearchParams(query)}`;
  const headers = { ...session.authorization(), accept: 'text/csv' };
  const response = await session.send(path, { headers });
  if (!response.ok) throw await failureOf(response, true);
  if (!response.body || !response.headers.get('content-type')?.startsWith('text/csv')) {
    throw brokenOff(`What answers at ${session.settings.serverUrl} sends no CSV`, undefined);
  }
  return Readable.fromWeb(response.body as ReadableStream);
}

/** The same bytes, counted; when they break off, that is a failure with a sentence. */
async function* counting(source: Readable, counted: { bytes: number }): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of source) {
      counted.bytes += chunk.length;
      yield chunk;
    }
  } catch (error) {
    throw brokenOff(`The export broke off after ${counted.bytes} bytes (${reasonOf(error)})`, error);
  }
}

function brokenOff(message: string, cause: unknown): CommandFailure {
  return new CommandFailure(`${message}; nothing of it is to be relied on.`, {
    exitCode: EXIT.failure,
    code: 'broken_off',
    cause,
  });
}
