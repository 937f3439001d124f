// `history pause`, `resume`, `cancel` and `removals`: what people tell a run, and what they look at before.
import type { Command } from 'commander';
import type { z } from 'zod';
import { type runSchema, syncHistoryContract } from '../../contracts/sync-history.ts';
import { type ApiClient, bodyOf } from '../api-client.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { requireId } from '../find-named.ts';
import { listQuery, morePages, withPaging } from '../list-query.ts';
import type { Session } from '../session.ts';
import { type Column, safeText, textTable } from '../text-table.ts';
import type { Perform } from './perform.ts';

interface Removal {
  objectId: string;
  objectClass: string;
  name: string;
  distinguishedName: string | null;
  approved: boolean;
}

const REMOVALS: Column<Removal>[] = [
  ['CLASS', ({ objectClass }) => objectClass],
  ['NAME', ({ name }) => name],
  ['DN', ({ distinguishedName }) => distinguishedName],
  ['APPROVED', ({ approved }) => (approved ? 'yes' : 'no')],
  ['ID', ({ objectId }) => objectId],
];

const ORDERS = {
  pause: 'pause a run that is running, at its next chance',
  resume: 'let a paused run go on; at the delete threshold this approves the removals that are listed',
  cancel: 'cancel a run',
} as const;

export function addRunOrders(history: Command, perform: Perform): void {
  for (const order of Object.keys(ORDERS) as (keyof typeof ORDERS)[])
    history
      .command(`${order} <run>`)
      .description(ORDERS[order])
      .action((run: string) => perform((session) => tell(session, run, order)));
  withPaging(
    history.command('removals <run>').description('list what a run that waits for approval would remove'),
  ).action((run: string, options) => perform((session) => listRemovals(session, run, options)));
}

async function tell(session: Session, runId: string, order: keyof typeof ORDERS): Promise<ExitCode> {
  const answer = await send(session.api(), requireId(runId, 'run'), order);
  session.print(answer, () => {
    const { id, projectName, status } = answer.data;
    return `Run ${id} of "${safeText(projectName)}" is told to ${order}; it is ${status} at this moment.`;
  });
  return EXIT.ok;
}

async function send(
  api: ApiClient,
  id: string,
  order: keyof typeof ORDERS,
): Promise<{ data: z.infer<typeof runSchema> }> {
  const call = { params: { id }, query: {}, body: {} };
  if (order === 'pause') return bodyOf(await api.syncHistory.pause(call), 202);
  if (order === 'resume') return bodyOf(await api.syncHistory.resume(call), 202);
  return bodyOf(await api.syncHistory.cancel(call), 202);
}

async function listRemovals(
  session: Session,
  runId: string,
  options: Record<string, unknown>,
): Promise<ExitCode> {
  const id = requireId(runId, 'run');
  const query = listQuery(syncHistoryContract.pendingRemovals.query, options);
  const list = bodyOf(await session.api().syncHistory.pendingRemovals({ params: { id }, query }), 200);
  session.print(list, () => textTable(list.data, REMOVALS));
  session.note(morePages(list));
  return EXIT.ok;
}
