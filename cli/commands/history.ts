// `history`: the runs that were, and one of them with its steps and errors.
import { type Command, Option } from 'commander';
import type { z } from 'zod';
import {
  RUN_STATUSES,
  RUN_TRIGGERS,
  type runSchema,
  syncHistoryContract,
} from '../../contracts/sync-history.ts';
import { bodyOf } from '../api-client.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { findNamed, requireId } from '../find-named.ts';
import { listQuery, morePages, withPaging } from '../list-query.ts';
import { describeRun } from '../run-text.ts';
import type { Session } from '../session.ts';
import { type Column, duration, shortTime, textTable } from '../text-table.ts';
import type { Perform } from './perform.ts';
import { addRunOrders } from './run-orders.ts';

type Run = z.infer<typeof runSchema>;

const RUNS: Column<Run>[] = [
  ['QUEUED', ({ queuedAt }) => shortTime(queuedAt)],
  ['PROJECT', ({ projectName }) => projectName],
  ['STATUS', ({ status }) => status],
  ['TRIGGER', ({ trigger }) => trigger],
  ['TOOK', ({ durationMs }) => duration(durationMs)],
  ['READ', ({ counts }) => counts.read],
  ['CREATED', ({ counts }) => counts.created],
  ['UPDATED', ({ counts }) => counts.updated],
  ['REMOVED', ({ counts }) => counts.deactivated],
  ['ERRORS', ({ counts }) => counts.errors],
  ['ID', ({ id }) => id],
];

interface RunError {
  distinguishedName: string | null;
  step: string;
  code: string;
  message: string;
}

const ERRORS: Column<RunError>[] = [
  ['STEP', ({ step }) => step],
  ['CODE', ({ code }) => code],
  ['ENTRY', ({ distinguishedName }) => distinguishedName],
  ['MESSAGE', ({ message }) => message],
];

export function addHistory(program: Command, perform: Perform): void {
  const history = program.command('history').description('list and show runs, pause, resume and cancel them');
  withPaging(
    history.command('list', { isDefault: true }).description('list runs, newest first (the default)'),
  )
    .addOption(new Option('--status <status>').choices(RUN_STATUSES))
    .option('--since <time>', 'a date or time: runs that finished (or were queued) then or later')
    .option('--until <time>', 'as --since, before it')
    .option('--project <project>', 'runs of one sync project, by id or name')
    .addOption(new Option('--trigger <trigger>', 'what started them').choices(RUN_TRIGGERS))
    .action((options) => perform((session) => listRuns(session, options)));
  history
    .command('show <run>')
    .description('show one run with its steps and errors, by id')
    .option('--errors <n>', 'how many errors to show, at most 200', '50')
    .action((run: string, options: { errors: string }) =>
      perform((session) => showRun(session, run, options)),
    );
  addRunOrders(history, perform);
}

async function listRuns(
  session: Session,
  { project, ...filters }: { project?: string } & Record<string, unknown>,
): Promise<ExitCode> {
  const api = session.api();
  const projectId = project && (await findNamed(api, 'syncProjects', project));
  const query = listQuery(syncHistoryContract.list.query, { ...filters, projectId });
  const list = bodyOf(await api.syncHistory.list({ query }), 200);
  session.print(list, () => textTable(list.data, RUNS));
  session.note(morePages(list));
  return EXIT.ok;
}

async function showRun(session: Session, runId: string, options: { errors: string }): Promise<ExitCode> {
  const id = requireId(runId, 'run');
  const query = listQuery(syncHistoryContract.errors.query, { pageSize: options.errors });
  const api = session.api();
  const run = bodyOf(await api.syncHistory.get({ params: { id }, query: {} }), 200).data;
  const errors = bodyOf(await api.syncHistory.errors({ params: { id }, query }), 200);
  session.print({ data: run, errors }, () => {
    if (errors.totalCount === 0) return describeRun(run);
    const heading = `Errors (${errors.data.length} of ${errors.totalCount}):`;
    return `${describeRun(run)}\n\n${heading}\n${textTable(errors.data, ERRORS)}`;
  });
  return EXIT.ok;
}
