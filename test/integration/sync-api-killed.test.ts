// Nothing that was triggered is lost when the API process dies: before the workflow was told, or during the run.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { enqueueRun } from '../../database/queries/enqueue-run.ts';
import { lockConnection } from '../../database/run-fence.ts';
import { run, sql, transaction } from '../../database/sql.ts';
import { syncProjectWorkflowId } from '../../workflows/messages.ts';
import { testEnvironment } from '../support/environment.ts';
import { openSyncLab, type SyncLab } from '../support/sync-lab.ts';
import { until } from '../support/until.ts';

const SERVER = fileURLToPath(new URL('../../api/server.ts', import.meta.url));
const PASSWORD = 'a-password-for-the-admin';
const ROWS = 20_000;

describe('the API process is killed', () => {
  let lab: SyncLab;
  let projectId: string;
  let connectionId: string;
  const processes: ChildProcess[] = [];

  beforeEach(async () => {
    lab = await openSyncLab();
    mkdirSync(join(lab.home, 'import'), { recursive: true });
    const rows = Array.from(
      { length: ROWS },
      (_row, index) => `u${index},User ${index},u${index}@example.org`,
    );
    writeFileSync(join(lab.home, 'import', 'people.csv'), `id,displayName,mail\n${rows.join('\n')}\n`);
    connectionId = await lab.addConnection('csv', { file: 'people.csv', keyColumn: 'id' });
    projectId = await lab.addProject({
      connectionId,
      scopes: [{ objectClass: 'user', baseDn: null, filter: null }],
    });
  });

  afterEach(async () => {
    await Promise.all(processes.splice(0).map(kill));
    await lab.close();
  });

  it('before it told the workflow: the next API process does', async () => {
    const { id } = await enqueueRun(lab.database.pool, {
      projectId,
      projectName: 'left behind',
      connectionId,
      workflowId: syncProjectWorkflowId(projectId),
      trigger: 'api',
      triggeredBy: null,
      note: null,
      mode: 'full',
      dryRun: false,
      overrideDeleteThreshold: false,
    });
    await lab.startWorker();
    await startApi();
    const over = await lab.runOver(id);
    expect(over).toMatchObject({ status: 'completed', counts: { created: ROWS } });
  }, 120_000);

  it('during the run: the run completes, and the next API process serves it', async () => {
    await lab.startWorker();
    const first = await startApi();
    const triggered = await call(first.url, 'POST', `/api/sync/projects/${projectId}/run`);
    const { id } = triggered.data;
    await until('the run to start', async () => (await lab.runRow(id)).status === 'running');
    await kill(first.child);
    const over = await lab.runOver(id);
    expect(over).toMatchObject({ status: 'completed', counts: { read: ROWS, created: ROWS, errors: 0 } });
    const [stored] = await run<{ count: number }>(
      lab.database.pool,
      sql`select count(distinct source_id)::int as count from directory_object where removed_at is null`,
    );
    expect(stored?.count).toBe(ROWS);
    const second = await startApi();
    const served = await call(second.url, 'GET', `/api/sync/history/${id}`);
    expect(served.data).toMatchObject({ id, status: 'completed' });
  }, 120_000);

  it('not the API, but the workflow in the middle of its run: the sweep starts it anew', async () => {
    await lab.startWorker();
    await startApi();
    const id = await transaction(lab.database.pool, async (client) => {
      // Holds the connection's turn, so that the run is still going when its workflow is ended.
      await lockConnection(client, connectionId);
      const runId = await lab.trigger(projectId);
      await until('the merge to wait for its turn', async () => {
        const { steps } = await lab.runRow(runId);
        return steps.some((step) => step.name === 'merge' && step.status === 'running');
      });
      await lab.client.workflow.getHandle(syncProjectWorkflowId(projectId)).terminate('lost');
      return runId;
    });
    const over = await lab.runOver(id);
    expect(over).toMatchObject({ status: 'completed', counts: { read: ROWS, created: ROWS } });
  }, 120_000);

  async function startApi(): Promise<{ child: ChildProcess; url: string }> {
    const child = spawn(process.execPath, [SERVER], {
      cwd: lab.home,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env.PATH,
        PORT: '0',
        DATABASE_URL: lab.url,
        TEMPORAL_ADDRESS: testEnvironment().temporalAddress,
        TEMPORAL_TASK_QUEUE: lab.taskQueue,
        IDENTITY_CENTER_HOME: lab.home,
        IDENTITY_CENTER_SECRET_KEY: lab.secretKey,
        IDENTITY_CENTER_ADMIN_PASSWORD: PASSWORD,
      },
    });
    processes.push(child);
    let printed = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk) => {
        printed += chunk;
      });
    const url = await until('the API to listen', () => /listening on (http:[^\s"]+)/.exec(printed)?.[1]);
    return { child, url };
  }

  async function call(url: string, method: string, path: string) {
    const login = await fetch(`${url}/api/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username: 'admin', password: PASSWORD }),
    });
    const { data } = (await login.json()) as { data: { token: string } };
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${data.token}` },
    });
    return (await answer.json()) as { data: { id: string } };
  }

  async function kill(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});
