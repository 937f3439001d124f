// `projects` and `sync`: what can be synced, and the start of a run.
import { type Command, Option } from 'commander';
import type { z } from 'zod';
import { SYNC_MODES } from '../../contracts/sync-history.ts';
import { type projectSchema, syncProjectsContract } from '../../contracts/sync-projects.ts';
import { bodyOf } from '../api-client.ts';
import { EXIT, type ExitCode, exitCodeOfRun } from '../exit-codes.ts';
import { findNamed } from '../find-named.ts';
import { showProgress } from '../follow-run.ts';
import { listQuery, morePages, withPaging } from '../list-query.ts';
import { followStates } from '../run-events.ts';
import { describeRun } from '../run-text.ts';
import type { Session } from '../session.ts';
import { type Column, safeText, shortTime, textTable } from '../text-table.ts';
import type { Perform } from './perform.ts';

type Project = z.infer<typeof projectSchema>;

const COLUMNS: Column<Project>[] = [
  ['NAME', ({ name }) => name],
  ['ENABLED', ({ enabled }) => (enabled ? 'yes' : 'no')],
  ['MODE', ({ defaultMode }) => defaultMode],
  ['LAST RUN', ({ lastRun }) => lastRun?.status ?? null],
  ['AT', ({ lastRun }) => shortTime(lastRun?.finishedAt ?? lastRun?.queuedAt ?? null)],
  ['ID', ({ id }) => id],
];

interface SyncOptions {
  mode?: (typeof SYNC_MODES)[number];
  dryRun?: boolean;
  overrideDeleteThreshold?: boolean;
  note?: string;
  follow?: boolean;
}

export function addProjects(program: Command, perform: Perform): void {
  const projects = program.command('projects').description('list sync projects');
  withPaging(projects.command('list', { isDefault: true }).description('list sync projects (the default)'))
    .option('--search <text>', 'part of the name')
    .option('--connection <connection>', 'those of one connection, by id or name')
    .addOption(
      new Option('--enabled <flag>', 'those that are switched on, or off').choices(['true', 'false']),
    )
    .action((options) => perform((session) => listProjects(session, options)));
  program
    .command('sync <project>')
    .description('start a run of a sync project, by id or name')
    .addOption(new Option('--mode <mode>', "the project's own when left out").choices(SYNC_MODES))
    .option('--dry-run', 'tell what would change, and change nothing')
    .option('--override-delete-threshold', 'let the run remove however many objects are gone')
    .option('--note <text>', 'why, for the history')
    .option('-f, --follow', 'show progress until the run ends; the exit code tells how it ended')
    .action((project: string, options: SyncOptions) => perform((session) => sync(session, project, options)));
}

async function listProjects(
  session: Session,
  { connection, ...filters }: { connection?: string } & Record<string, unknown>,
): Promise<ExitCode> {
  const api = session.api();
  const connectionId = connection && (await findNamed(api, 'connections', connection));
  const query = listQuery(syncProjectsContract.list.query, { ...filters, connectionId });
  const list = bodyOf(await api.syncProjects.list({ query }), 200);
  session.print(list, () => textTable(list.data, COLUMNS));
  session.note(morePages(list));
  return EXIT.ok;
}

async function sync(session: Session, idOrName: string, options: SyncOptions): Promise<ExitCode> {
  const { follow, ...body } = options;
  const api = session.api();
  const id = await findNamed(api, 'syncProjects', idOrName);
  const started = bodyOf(await api.syncProjects.run({ params: { id }, query: {}, body }), 202);
  const run = started.data;
  if (follow) return followRun(session, run.id);
  session.print(started, () => `Run ${run.id} of "${safeText(run.projectName)}" is ${run.status}.`);
  session.note(`\`identity-center history show ${run.id}\` tells how it goes.`);
  return EXIT.ok;
}

async function followRun(session: Session, runId: string): Promise<ExitCode> {
  session.say(`Following run ${runId}; Ctrl-C ends this, not the run.`);
  // However long a rate limit takes to end, it is no reason to stop watching.
  const api = session.api({ maxWaitSeconds: Number.POSITIVE_INFINITY });
  await showProgress(followStates(session, api, runId), session.terminal.stderr);
  const run = bodyOf(await api.syncHistory.get({ params: { id: runId }, query: {} }), 200).data;
  session.print({ data: run }, () => describeRun(run));
  return exitCodeOfRun(run.status);
}
