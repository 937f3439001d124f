// Nothing that was triggered is lost when the API process dies: before the workflow was told, or during the run.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { enqueueRun } from '../../database/queries/enqueue-run.ts';
import { lockConnection } from '../../database/run-fence.ts';
import { run, sql, transaction } from '../../database/sql.ts';
import { syncProjectWorkflowId } from '../../workflows/messages.ts';
import { type ApiProcess, startApiProcess } from '../support/api-process.ts';
import { openSyncLab, type SyncLab } from '../support/sync-lab.ts';
import { until } from '../support/until.ts';

const ROWS = 20_000;

describe('the API process is killed', () => {
  let lab: SyncLab;
  let projectId: string;
  let connectionId: string;
  const processes: ApiProcess[] = [];

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
    await Promise.all(processes.splice(0).map((api) => api.kill()));
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
    startApi();
    const over = await lab.runOver(id);
    expect(over).toMatchObject({ status: 'completed', counts: { created: ROWS } });
  }, 120_000);

  it('during the run: the run completes, and the next API process serves it', async () => {
    await lab.startWorker();
    const first = startApi();
    const triggered = await first.post(`/api/sync/projects/${projectId}/run`);
    const { id } = triggered.body.data;
    await until('the run to start', async () => (await lab.runRow(id)).status === 'running');
    await first.kill();
    const over = await lab.runOver(id);
    expect(over).toMatchObject({ status: 'completed', counts: { read: ROWS, created: ROWS, errors: 0 } });
    const [stored] = await run<{ count: number }>(
      lab.database.pool,
      sql`select count(distinct source_id)::int as count from directory_object where removed_at is null`,
    );
    expect(stored?.count).toBe(ROWS);
    const second = startApi();
    const served = await second.get(`/api/sync/history/${id}`);
    expect(served.body.data).toMatchObject({ id, status: 'completed' });
  }, 120_000);

  it('not the API, but the workflow in the middle of its run: the sweep starts it anew', async () => {
    await lab.startWorker();
    startApi();
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

  function startApi(): ApiProcess {
    const api = startApiProcess(lab);
    processes.push(api);
    return api;
  }
});
