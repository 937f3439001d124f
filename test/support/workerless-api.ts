// An API on a real Temporal server whose task queue nobody works on: what is queued stays to be seen.
import { startApi, type TestApi } from './api.ts';
import { createTestDatabase } from './database.ts';
import { testEnvironment } from './environment.ts';
import { insertConnection } from './factories.ts';

export interface WorkerlessApi {
  api: TestApi;
  databaseUrl: string;
  /** A CSV connection that nothing reads. */
  connection: string;
  /** The body of a new project of that connection, its name its own. */
  draft(more?: object): Record<string, unknown>;
  /** Creates a project over the API and answers with its id. */
  createProject(more?: object): Promise<string>;
  stop(): Promise<void>;
}

/** With a database of its own. */
export async function startWorkerlessApi(): Promise<WorkerlessApi> {
  const database = await createTestDatabase();
  const api = await startApi({
    databaseUrl: database.url,
    settings: {
      TEMPORAL_ADDRESS: testEnvironment().temporalAddress,
      TEMPORAL_TASK_QUEUE: `nobody-works-here-${process.pid}`,
    },
  });
  const connection = await insertConnection(api.database.pool, {
    config: { file: 'people.csv', keyColumn: 'id', classColumn: 'class' },
  });
  let count = 0;
  const draft = (more: object = {}) => {
    count += 1;
    return { name: `project ${count}`, connectionId: connection, ...more };
  };
  return {
    api,
    databaseUrl: database.url,
    connection,
    draft,
    async createProject(more) {
      const answer = await api.post('/api/sync/projects', draft(more));
      if (answer.status !== 201) throw new Error(`create project: ${answer.status} ${answer.text}`);
      return answer.body.data.id;
    },
    async stop() {
      await api.close();
      await database.drop();
    },
  };
}
