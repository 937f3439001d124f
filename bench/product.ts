// Starts the product's own processes on a database, as `npm run api` and `npm run worker` would.
import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../tools/free-port.ts';
import { type BenchProcess, startProcess } from './child-process.ts';
import { endWith } from './clean-up.ts';
import { type RestClient, signIn, waitUntilHealthy } from './rest-client.ts';

export interface ProductPlace {
  databaseUrl: string;
  /** null where no benchmark step needs Temporal: the API then says that it is degraded. */
  temporalAddress: string | null;
  folder: string;
  /** Tells apart what several rounds leave in Temporal and in the folder. */
  name: string;
  /** Where the API's CPU profile is written. */
  apiProfile?: string | null;
}

export interface Product {
  client: RestClient;
  /** A CPU profile is whole when its process has been stopped. */
  api: BenchProcess;
  /** @param profileFolder where a CPU profile is written when the worker stops. */
  startWorker(profileFolder?: string): Promise<BenchProcess>;
}

/** Starts the API with rate limits off, signs in as admin; what is started ends with `stack`. */
export async function startProduct(place: ProductPlace, stack: AsyncDisposableStack): Promise<Product> {
  const home = join(place.folder, place.name);
  await mkdir(home, { recursive: true });
  const password = randomBytes(12).toString('base64url');
  const port = await freePort();
  const environment = {
    HOST: '127.0.0.1',
    PORT: String(port),
    IDENTITY_CENTER_HOME: home,
    DATABASE_URL: place.databaseUrl,
    // A port where nothing answers, so that no server of the machine's own is used by mistake.
    TEMPORAL_ADDRESS: place.temporalAddress ?? '127.0.0.1:1',
    TEMPORAL_TASK_QUEUE: place.name,
    IDENTITY_CENTER_ADMIN_PASSWORD: password,
    IDENTITY_CENTER_SECRET_KEY: randomBytes(32).toString('hex'),
    IDENTITY_CENTER_RATE_LIMIT_PER_MINUTE: '0',
    IDENTITY_CENTER_RATE_LIMIT_PER_HOUR: '0',
    LOG_LEVEL: 'warn',
  };
  const nodeOptions = profiling(place.apiProfile);
  const api = startProcess('api/server.ts', { environment, log: join(home, 'api.log'), nodeOptions });
  await endWith(stack, () => api.stop());
  const baseUrl = `http://127.0.0.1:${port}`;
  await waitUntilHealthy(baseUrl, api.assertRunning, ['healthy', 'degraded']);
  const client = await signIn(baseUrl, 'admin', password);
  return {
    client,
    api,
    async startWorker(profileFolder) {
      const options = {
        environment,
        log: join(home, 'worker.log'),
        nodeOptions: [...WORKER_OPTIONS, ...profiling(profileFolder)],
      };
      const worker = startProcess('worker/main.ts', options);
      await endWith(stack, () => worker.stop());
      await waitUntilHealthy(baseUrl, worker.assertRunning);
      return worker;
    },
  };
}

/** As `npm run worker` starts it. */
const WORKER_OPTIONS = ['--max-semi-space-size=16'];

function profiling(folder: string | null | undefined): string[] {
  return folder ? ['--cpu-prof', `--cpu-prof-dir=${folder}`] : [];
}
