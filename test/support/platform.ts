// The whole platform for a test: the API in this process, the worker in its own, on a database of their own.
import { randomUUID } from 'node:crypto';
import { type ApiAnswer, startApi, TEST_SECRET_KEY, type TestApi } from './api.ts';
import { createTestDatabase } from './database.ts';
import { testEnvironment } from './environment.ts';
import { until } from './until.ts';
import { startWorker, type WorkerProcess } from './worker.ts';

export interface Platform {
  api: TestApi;
  worker: WorkerProcess;
  taskQueue: string;
  databaseUrl: string;
  /** Creates a connection and a project on it over the API; answers with their ids. */
  addProject(connection: object, project?: object): Promise<{ connectionId: string; projectId: string }>;
  /** Triggers a run and waits for its end; answers with the run's details. */
  sync(projectId: string, body?: object): Promise<ApiAnswer['body']>;
  /** Waits until the run has a status, and answers with its details. */
  runWith(runId: string, status: string[]): Promise<ApiAnswer['body']>;
  close(): Promise<void>;
}

export const OVER = ['completed', 'failed', 'cancelled'];

/**
 * @param environment of the worker, beside what it needs.
 * @param settings of the API, as environment variables.
 */
export async function startPlatform(
  environment: Record<string, string> = {},
  settings: Record<string, string> = {},
): Promise<Platform> {
  const database = await createTestDatabase();
  const taskQueue = `platform-${randomUUID()}`;
  const api = await startApi({
    databaseUrl: database.url,
    settings: {
      TEMPORAL_ADDRESS: testEnvironment().temporalAddress,
      TEMPORAL_TASK_QUEUE: taskQueue,
      ...settings,
    },
  });
  const worker = await startWorker({
    databaseUrl: database.url,
    taskQueue,
    home: api.settings.IDENTITY_CENTER_HOME,
    secretKey: TEST_SECRET_KEY,
    environment,
  });
  const runWith = (runId: string, status: string[]) =>
    until(
      `run ${runId} to be ${status.join(' or ')}`,
      async () => {
        const { body } = await api.get(`/api/sync/history/${runId}`);
        return status.includes(body.data.status) ? body.data : null;
      },
      120_000,
      100,
    );
  return {
    api,
    worker,
    taskQueue,
    databaseUrl: database.url,
    runWith,
    async addProject(connection, project = {}) {
      const saved = await created(api, '/api/connections', { name: randomUUID(), ...connection });
      const connectionId = saved.id;
      const { id } = await created(api, '/api/sync/projects', {
        name: randomUUID(),
        connectionId,
        ...project,
      });
      return { connectionId, projectId: id };
    },
    async sync(projectId, body) {
      const answer = await api.post(`/api/sync/projects/${projectId}/run`, body);
      if (answer.status !== 202) throw new Error(`run: ${answer.status} ${answer.text}`);
      return runWith(answer.body.data.id, OVER);
    },
    async close() {
      await worker.stop();
      await api.close();
      await database.drop();
    },
  };
}

async function created(api: TestApi, path: string, body: object): Promise<ApiAnswer['body']> {
  const answer = await api.post(path, body);
  if (answer.status !== 201) throw new Error(`${path}: ${answer.status} ${answer.text}`);
  return answer.body.data;
}
