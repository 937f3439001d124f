// A database, a Temporal client and a worker's settings for tests of the sync engine, and hands to drive them.
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { createConnectorRegistry } from '../../connectors/registry.ts';
import { type Database, openDatabase } from '../../database/database.ts';
import { enqueueRun, type RunRequest } from '../../database/queries/enqueue-run.ts';
import { run, runOne, sql } from '../../database/sql.ts';
import { createSecretBox } from '../../domain/secret-box.ts';
import {
  cancelRunSignal,
  DEFAULT_SYNC_TIMINGS,
  resumeRunSignal,
  SYNC_PROJECT_WORKFLOW,
  type SyncTimings,
  syncProjectWorkflowId,
  wakeSignal,
} from '../../workflows/messages.ts';
import { createTestDatabase } from './database.ts';
import { testEnvironment } from './environment.ts';
import { until } from './until.ts';
import { startWorker, type WorkerProcess } from './worker.ts';

export interface RunRow {
  id: string;
  status: string;
  epoch: number;
  read_mode: string | null;
  ids_scanned: boolean;
  progress_step: string | null;
  pause_reason: string | null;
  pauses: number;
  notice: string | null;
  counts: Record<string, number>;
  error_code: string | null;
  error_message: string | null;
  steps: {
    name: string;
    status: string;
    attempt: number;
    counts: Record<string, number>;
    error_code: string | null;
  }[];
}

export interface NewProject {
  name?: string;
  connectionId: string;
  scopes?: { objectClass: string; baseDn: string | null; filter: string | null }[];
  attributeMappings?: unknown[];
  deleteThresholdPercent?: number;
  errorThreshold?: number;
}

export type SyncLab = Awaited<ReturnType<typeof openSyncLab>>;

/** Time-outs of seconds where production has half-minutes, so that faults show quickly. */
const TEST_TIMINGS: SyncTimings = {
  ...DEFAULT_SYNC_TIMINGS,
  heartbeatTimeoutMs: 3_000,
  retryInitialMs: 200,
  retryMaximumMs: 1_000,
};

/** On a migrated database and a Temporal server of its own, where a test does things to them; else on the run's. */
export async function openSyncLab(databaseUrl?: string, temporalAddress = testEnvironment().temporalAddress) {
  const testDatabase = databaseUrl ? undefined : await createTestDatabase();
  const url = databaseUrl ?? (testDatabase?.url as string);
  const home = mkdtempSync(join(tmpdir(), 'identity-center-lab-'));
  const secretKey = randomBytes(32).toString('hex');
  const taskQueue = `lab-${randomUUID()}`;
  const database = await openDatabase({ url, applicationName: 'test' });
  const temporal = await Connection.connect({ address: temporalAddress });
  const client = new Client({ connection: temporal });
  const workers: WorkerProcess[] = [];
  const lab = {
    url,
    home,
    secretKey,
    taskQueue,
    database,
    client,
    connectors: createConnectorRegistry(),
    /** @param program another one than the real worker */
    async startWorker(environment: Record<string, string> = {}, program?: string): Promise<WorkerProcess> {
      const worker = await startWorker({
        databaseUrl: url,
        temporalAddress,
        taskQueue,
        home,
        secretKey,
        environment,
        ...(program && { program }),
      });
      workers.push(worker);
      return worker;
    },
    addConnection: (type: string, config: Record<string, unknown>) =>
      addConnection(database, secretKey, type, config),
    addProject: (project: NewProject) => addProject(database, project),
    /** Queues a run and wakes the project's workflow; answers with the run's id. */
    trigger: (projectId: string, options: Partial<RunRequest> = {}) =>
      trigger(database, client, taskQueue, projectId, options),
    runRow: (runId: string) => runRow(database, runId),
    runOver: (runId: string, timeoutMs = 90_000) =>
      until(
        `run ${runId} to end`,
        async () => {
          const row = await runRow(database, runId);
          return ['completed', 'failed', 'cancelled'].includes(row.status) ? row : null;
        },
        timeoutMs,
      ),
    runReaches: (runId: string, status: string, timeoutMs = 90_000) =>
      until(
        `run ${runId} to be ${status}`,
        async () => ((await runRow(database, runId)).status === status ? true : null),
        timeoutMs,
      ),
    cancel: (projectId: string, runId: string) =>
      client.workflow.getHandle(syncProjectWorkflowId(projectId)).signal(cancelRunSignal, { runId }),
    /** Ends the run's present pause. */
    resume: async (projectId: string, runId: string) => {
      const { pauses } = await runRow(database, runId);
      const signal = { runId, pause: pauses };
      await client.workflow.getHandle(syncProjectWorkflowId(projectId)).signal(resumeRunSignal, signal);
    },
    /** What the workers wrote, to be shown when a run does not end. */
    workerLogs: () => workers.map((worker) => worker.log()).join('\n--- next worker\n'),
    async close(): Promise<void> {
      await Promise.all(workers.map((worker) => worker.stop()));
      await temporal.close();
      await database.close();
      await testDatabase?.drop();
      rmSync(home, { recursive: true, force: true });
    },
  };
  return lab;
}

async function addConnection(
  database: Database,
  secretKey: string,
  type: string,
  config: Record<string, unknown>,
): Promise<string> {
  const definition = createConnectorRegistry().definition(type);
  const parsed = definition.configSchema.parse(config);
  const id = (await runOne<{ id: string }>(database.pool, sql`select uuidv7() as id`))?.id as string;
  const box = createSecretBox(secretKey);
  const secrets = Object.fromEntries(
    definition.secretFields
      .filter((field) => typeof parsed[field] === 'string')
      .map((field) => [field, box.seal(String(parsed[field]), `connection:${id}:${field}`)]),
  );
  for (const field of definition.secretFields) delete parsed[field];
  await run(
    database.pool,
    sql`insert into connection (id, name, type, config, secrets)
        values (${id}, ${`connection ${id}`}, ${type}, ${JSON.stringify(parsed)}, ${JSON.stringify(secrets)})`,
  );
  return id;
}

async function addProject(database: Database, project: NewProject): Promise<string> {
  const scopes = project.scopes ?? [
    { objectClass: 'user', baseDn: null, filter: null },
    { objectClass: 'group', baseDn: null, filter: null },
  ];
  const row = await runOne<{ id: string }>(
    database.pool,
    sql`insert into sync_project (name, connection_id, scopes, attribute_mappings, delete_threshold_percent, error_threshold)
        values (${project.name ?? `project ${randomUUID()}`}, ${project.connectionId}, ${JSON.stringify(scopes)},
                ${JSON.stringify(project.attributeMappings ?? [])}, ${project.deleteThresholdPercent ?? 10},
                ${project.errorThreshold ?? 100})
        returning id`,
  );
  return row?.id as string;
}

async function trigger(
  database: Database,
  client: Client,
  taskQueue: string,
  projectId: string,
  options: Partial<RunRequest>,
): Promise<string> {
  const project = await runOne<{ name: string; connection_id: string }>(
    database.pool,
    sql`select name, connection_id from sync_project where id = ${projectId}`,
  );
  const workflowId = syncProjectWorkflowId(projectId);
  const { id } = await enqueueRun(database.pool, {
    projectId,
    projectName: project?.name ?? '',
    connectionId: project?.connection_id ?? '',
    workflowId,
    trigger: 'manual',
    triggeredBy: null,
    note: null,
    mode: 'full',
    dryRun: false,
    overrideDeleteThreshold: false,
    ...options,
  });
  await client.workflow.signalWithStart(SYNC_PROJECT_WORKFLOW, {
    workflowId,
    taskQueue,
    args: [{ projectId, timings: TEST_TIMINGS }],
    signal: wakeSignal,
    signalArgs: [],
  });
  return id;
}

async function runRow(database: Database, runId: string): Promise<RunRow> {
  const row = await runOne<RunRow>(
    database.pool,
    sql`
      select r.*, r.epoch::float8 as epoch,
             (select coalesce(jsonb_agg(to_jsonb(s) order by s.position), '[]') from sync_run_step s where s.run_id = r.id) as steps
      from sync_run r where r.id = ${runId}`,
  );
  if (!row) throw new Error(`There is no run ${runId}`);
  return row;
}
