// The worker process: takes steps off Temporal's task queue until it is told to stop.
import './memory.ts';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { config as loadDotenv } from 'dotenv';
import pino from 'pino';
import { createConnectorRegistry } from '../connectors/registry.ts';
import { openDatabase } from '../database/database.ts';
import { loadSecretKey } from '../database/secret-key.ts';
import { createSecretBox } from '../domain/secret-box.ts';
import { parseSettings, type Settings, SettingsError } from '../domain/settings.ts';
import { createWorker } from './create-worker.ts';
import { registerSearchAttributes } from './search-attributes.ts';
import { workflowBundle } from './workflow-bundle.ts';

const DEFAULT_TEMPORAL = '127.0.0.1:7233';
const DEFAULT_DATABASE = 'postgresql://postgres:postgres@127.0.0.1:5432/identity_center';
/** How long a starting worker waits for the database and for Temporal. */
const PATIENCE_MS = 120_000;

async function main(): Promise<void> {
  loadDotenv({ quiet: true });
  const settings = parseSettings(process.env);
  const logger = pino({ level: settings.LOG_LEVEL, base: { process: 'worker' } }, pino.destination(2));
  const temporalLog = new DefaultLogger('WARN', ({ level, message, meta }) => {
    const { error, sdkComponent } = (meta ?? {}) as { error?: Error; sdkComponent?: string };
    logger[level === 'ERROR' ? 'error' : 'warn']({ sdkComponent, reason: error?.message }, message);
  });
  Runtime.install({ logger: temporalLog, shutdownSignals: ['SIGINT', 'SIGTERM', 'SIGQUIT'] });
  const address = settings.TEMPORAL_ADDRESS ?? DEFAULT_TEMPORAL;
  const database = await openDatabase({
    url: settings.DATABASE_URL ?? DEFAULT_DATABASE,
    applicationName: 'identity-center worker',
    poolSize: 20,
    silenceMs: settings.DATABASE_TIMEOUT_SECONDS * 1_000,
    onWarning: (message) => logger.warn(message),
  });
  await patiently(logger, 'the database', () => database.migrate());
  const connection = await patiently(logger, `Temporal at ${address}`, () =>
    connectTemporal(settings, address),
  );
  const home = resolve(settings.IDENTITY_CENTER_HOME);
  const worker = await createWorker({
    settings,
    connection,
    bundle: await workflowBundle(join(home, 'cache')),
    activities: {
      database,
      secretBox: createSecretBox(loadSecretKey(settings)),
      connectors: createConnectorRegistry({ allowLinkLocalSources: settings.ALLOW_LINK_LOCAL_SOURCES }),
      importDirectory: join(home, 'import'),
      pauseTimeoutMs: settings.IDENTITY_CENTER_PAUSE_TIMEOUT_HOURS * 3_600_000,
      logger,
    },
  });
  logger.info({ taskQueue: settings.TEMPORAL_TASK_QUEUE }, 'worker ready');
  process.send?.('ready');
  try {
    await worker.run();
  } finally {
    await connection.close();
    await database.close();
  }
}

async function connectTemporal(settings: Settings, address: string): Promise<NativeConnection> {
  const client = await Connection.connect({ address, connectTimeout: '5 seconds' });
  try {
    await registerSearchAttributes(client, settings.TEMPORAL_NAMESPACE);
  } finally {
    await client.close();
  }
  return NativeConnection.connect({ address });
}

/** Tries until it works: the parts of the platform start in any order. */
async function patiently<T>(logger: pino.Logger, what: string, attempt: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      logger.warn({ reason: (error as Error).message }, `waiting for ${what}`);
      await pause(1_000);
    }
  }
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error instanceof SettingsError ? error.message : error);
    process.exit(1);
  },
);
