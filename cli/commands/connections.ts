// `connections`: which sources there are, and whether they can be reached.
import { type Command, Option } from 'commander';
import type { z } from 'zod';
import { CONNECTION_TYPES, type connectionSchema, connectionsContract } from '../../contracts/connections.ts';
import { bodyOf } from '../api-client.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { findNamed } from '../find-named.ts';
import { listQuery, morePages, withPaging } from '../list-query.ts';
import type { Session } from '../session.ts';
import { type Column, safeText, shortTime, textTable } from '../text-table.ts';
import type { Perform } from './perform.ts';

const COLUMNS: Column<z.infer<typeof connectionSchema>>[] = [
  ['NAME', ({ name }) => name],
  ['TYPE', ({ type }) => type],
  ['STATUS', ({ status }) => status],
  ['OBJECTS', ({ objectCount }) => objectCount],
  ['TESTED', ({ lastTestedAt }) => shortTime(lastTestedAt)],
  ['ID', ({ id }) => id],
];

export function addConnections(program: Command, perform: Perform): void {
  const connections = program.command('connections').description('list and test connections to sources');
  withPaging(connections.command('list', { isDefault: true }).description('list connections (the default)'))
    .option('--search <text>', 'part of the name')
    .addOption(new Option('--type <type>', 'kind of source').choices(CONNECTION_TYPES))
    .addOption(new Option('--status <status>', 'of the last test').choices(['untested', 'ok', 'failed']))
    .action((options) => perform((session) => listConnections(session, options)));
  connections
    .command('test <connection>')
    .description('test a connection, by id or name; exit code 9 when it fails')
    .action((connection: string) => perform((session) => testConnection(session, connection)));
}

async function listConnections(session: Session, options: Record<string, unknown>): Promise<ExitCode> {
  const query = listQuery(connectionsContract.list.query, options);
  const list = bodyOf(await session.api().connections.list({ query }), 200);
  session.print(list, () => textTable(list.data, COLUMNS));
  session.note(morePages(list));
  return EXIT.ok;
}

async function testConnection(session: Session, idOrName: string): Promise<ExitCode> {
  const api = session.api();
  const id = await findNamed(api, 'connections', idOrName);
  const answer = bodyOf(await api.connections.test({ params: { id }, query: {}, body: {} }), 200);
  session.print(answer, () => {
    const { ok, checks } = answer.data;
    const lines = checks.map(
      (check) => `${check.ok ? 'ok    ' : 'FAILED'}  ${check.name}: ${safeText(check.message)}`,
    );
    return [...lines, ok ? 'The connection works.' : 'The connection does not work.'].join('\n');
  });
  return answer.data.ok ? EXIT.ok : EXIT.testFailed;
}
