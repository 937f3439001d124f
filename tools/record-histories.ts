// `npm run record-histories`: runs each way a sync can go on real servers and keeps what Temporal recorded of it,
// so that test/replay/ notices when changed workflow code no longer continues runs that are under way.
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { lockConnection } from '../database/run-fence.ts';
import { runOne, sql, transaction } from '../database/sql.ts';
import { testEnvironment } from '../test/support/environment.ts';
import { openSyncLab, type SyncLab } from '../test/support/sync-lab.ts';
import { startTestServers } from '../test/support/test-servers.ts';
import { until } from '../test/support/until.ts';
import { syncProjectWorkflowId } from '../workflows/messages.ts';

const HISTORIES = join(dirname(dirname(fileURLToPath(import.meta.url))), 'test', 'replay', 'histories');
/** Events after which the server suggests a new history: more than one run has, fewer than three. */
const SUGGEST_NEW_HISTORY_AFTER = 100;

/** Each brings a project through one course of events; answers with the run whose history is kept. */
const SCENARIOS: Record<string, (lab: SyncLab) => Promise<Recorded>> = {
  async completed(lab) {
    const projectId = await addProject(lab, 'completed', 3);
    return over(lab, projectId, await lab.trigger(projectId));
  },
  async failed(lab) {
    const connectionId = await lab.addConnection('csv', { file: 'absent.csv', keyColumn: 'id' });
    const projectId = await lab.addProject({ name: 'failed', connectionId });
    return over(lab, projectId, await lab.trigger(projectId));
  },
  async 'paused-and-resumed'(lab) {
    const { projectId, runId } = await paused(lab, 'paused-and-resumed');
    await lab.resume(projectId, runId);
    return over(lab, projectId, runId);
  },
  async 'paused-and-cancelled'(lab) {
    const { projectId, runId } = await paused(lab, 'paused-and-cancelled');
    await lab.cancel(projectId, runId);
    return over(lab, projectId, runId);
  },
  async cancelled(lab) {
    const projectId = await addProject(lab, 'cancelled', 3);
    await over(lab, projectId, await lab.trigger(projectId));
    writePeople(lab, 'cancelled', 4);
    const project = await runOne<{ connectionId: string }>(
      lab.database.pool,
      sql`select connection_id as "connectionId" from sync_project where id = ${projectId}`,
    );
    const runId = await transaction(lab.database.pool, async (client) => {
      // Its turn on the connection never comes while this transaction is open, so it is cancelled in a step.
      await lockConnection(client, project?.connectionId ?? '');
      const id = await lab.trigger(projectId);
      await stepRunning(lab, id, 'merge');
      await lab.cancel(projectId, id);
      return id;
    });
    return over(lab, projectId, runId);
  },
  async 'continued-as-new'(lab) {
    const projectId = await addProject(lab, 'continued-as-new', 3);
    const first = await lab.trigger(projectId);
    await lab.trigger(projectId, { mode: 'full', dryRun: false, overrideDeleteThreshold: true });
    const last = await lab.trigger(projectId, { mode: 'full', overrideDeleteThreshold: false });
    await over(lab, projectId, last);
    return over(lab, projectId, first);
  },
};

interface Recorded {
  workflowId: string;
  temporalRunId: string;
}

async function main(): Promise<void> {
  mkdirSync(HISTORIES, { recursive: true });
  const servers = await startTestServers({
    dynamicConfig: { 'limit.historyCount.suggestContinueAsNew': String(SUGGEST_NEW_HISTORY_AFTER) },
  });
  try {
    const lab = await openSyncLab();
    try {
      await lab.startWorker();
      for (const [name, play] of Object.entries(SCENARIOS)) await record(lab, name, await play(lab));
    } finally {
      await lab.close();
    }
  } finally {
    await servers.stop();
  }
}

async function record(lab: SyncLab, name: string, { workflowId, temporalRunId }: Recorded): Promise<void> {
  const { temporalCli, temporalAddress } = testEnvironment();
  const { stdout } = await promisify(execFile)(
    temporalCli,
    ['workflow', 'show', '--address', temporalAddress, '--output', 'json'].concat(
      ['--workflow-id', workflowId],
      ['--run-id', temporalRunId],
    ),
    { maxBuffer: 64 * 1024 * 1024 },
  );
  const history = JSON.parse(stdout);
  writeFileSync(
    join(HISTORIES, `${name}.json`),
    `${JSON.stringify(withoutMachine(history, lab.taskQueue), null, 1)}\n`,
  );
  console.log(`${name}: ${history.events.length} events`);
}

/** Who took a task is no part of the story: process, host and queue get names that are the same everywhere. */
function withoutMachine(value: unknown, taskQueue: string): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutMachine(item, taskQueue));
  if (typeof value === 'string') return value.replaceAll(taskQueue, 'recorded');
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      if (key === 'identity') return [key, 'recorded'];
      // A worker's own queue is named after its process and host.
      if (key === 'name' && typeof inner === 'string' && inner.includes('@')) return [key, 'recorded-sticky'];
      return [key, withoutMachine(inner, taskQueue)];
    }),
  );
}

function writePeople(lab: SyncLab, name: string, people: number): void {
  const folder = join(lab.home, 'import');
  mkdirSync(folder, { recursive: true });
  const rows = Array.from({ length: people }, (_, index) => `${index},Person ${index}`);
  writeFileSync(join(folder, `${name}.csv`), ['id,displayName', ...rows, ''].join('\n'));
}

async function addProject(lab: SyncLab, name: string, people: number): Promise<string> {
  writePeople(lab, name, people);
  const connectionId = await lab.addConnection('csv', { file: `${name}.csv`, keyColumn: 'id' });
  return lab.addProject({ name, connectionId });
}

/** A run that waits because most people have gone. */
async function paused(lab: SyncLab, name: string): Promise<{ projectId: string; runId: string }> {
  const projectId = await addProject(lab, name, 20);
  await over(lab, projectId, await lab.trigger(projectId));
  writePeople(lab, name, 5);
  const runId = await lab.trigger(projectId);
  await until(`run ${runId} to pause`, async () => (await lab.runRow(runId)).status === 'paused');
  return { projectId, runId };
}

function stepRunning(lab: SyncLab, runId: string, name: string): Promise<unknown> {
  return until(`step ${name}`, async () =>
    (await lab.runRow(runId)).steps.some((step) => step.name === name && step.status === 'running'),
  );
}

/** Waits for the run's end, and for that of its workflow, so that the next run has a history of its own. */
async function over(lab: SyncLab, projectId: string, runId: string): Promise<Recorded> {
  await lab.runOver(runId);
  const workflowId = syncProjectWorkflowId(projectId);
  await lab.client.workflow.getHandle(workflowId).result();
  const row = await runOne<{ temporalRunId: string }>(
    lab.database.pool,
    sql`select temporal_run_id as "temporalRunId" from sync_run where id = ${runId}`,
  );
  return { workflowId, temporalRunId: row?.temporalRunId ?? '' };
}

await main();
