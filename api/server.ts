// The API process: reads the settings, opens the database, listens, and ends in order when it is told to.
import { mkdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { config as loadDotenv } from 'dotenv';
import { type Logger, pino } from 'pino';
import { createConnectorRegistry } from '../connectors/registry.ts';
import { type Database, openDatabase } from '../database/database.ts';
import { loadSecretKey } from '../database/secret-key.ts';
import { isDatabaseUnavailable } from '../database/unavailable.ts';
import { createSecretBox } from '../domain/secret-box.ts';
import { parseSettings, type Settings, SettingsError } from '../domain/settings.ts';
import { ADMIN_USERNAME, ensureAdminAccount } from './admin-account.ts';
import { createApp } from './app.ts';
import { deriveApiKeys } from './auth/keys.ts';
import { importDirectory } from './connection-test.ts';
import type { AppDeps } from './dependencies.ts';
import { answerClientError } from './http/client-error.ts';
import { createMetrics, serveMetrics } from './metrics.ts';
import { channelsOf } from './notifications/channels-of.ts';
import { startDeliverySweep } from './notifications/delivery-sweep.ts';
import { startRefreshSweep } from './refresh-sweep.ts';
import { startRetentionSweep } from './retention-sweep.ts';
import { startRunSweep } from './run-sweep.ts';
import { createSyncSchedules } from './sync-schedules.ts';
import { createSyncTrigger } from './sync-trigger.ts';
import { createTemporalAccess } from './temporal-access.ts';

const DATABASE_WAIT_MS = 60_000;
/** Exports and deletions have their own. */
const STATEMENT_TIMEOUT_MS = 30_000;
const SWEEP_EVERY_MS = 5_000;
/** People wait for what they changed to show. */
const REFRESH_SWEEP_EVERY_MS = 1_000;
/** Requests that are still going get this long before their connections are closed. */
const DRAIN_MS = 10_000;

/** A reason not to start that a person can act on. */
class StartError extends Error {
  override readonly name = 'StartError';
}

async function main(): Promise<void> {
  loadDotenv({ quiet: true });
  const settings = parseSettings(process.env);
  const logger = pino({ level: settings.LOG_LEVEL, base: { process: 'api' } });
  const database = await openPrepared(settings, logger);
  const password = await ensureAdminAccount(database.pool, settings.IDENTITY_CENTER_ADMIN_PASSWORD);
  // Straight to the terminal: it is shown once and belongs in no log.
  if (password !== null)
    process.stdout.write(
      `\nThe account '${ADMIN_USERNAME}' was made. Its password, shown this once: ${password}\n\n`,
    );
  const ending = new AbortController();
  const deps = { ...assemble(settings, logger, database), ending: ending.signal };
  const server = await listen(createServer(createApp(deps)).on('clientError', answerClientError), settings);
  const trigger = createSyncTrigger(deps.temporal, settings.TEMPORAL_TASK_QUEUE);
  const schedules = createSyncSchedules(deps);
  const sweep = startRunSweep({ pool: database.pool, trigger, schedules, logger, everyMs: SWEEP_EVERY_MS });
  const refreshes = startRefreshSweep({
    pool: database.pool,
    temporal: deps.temporal,
    taskQueue: settings.TEMPORAL_TASK_QUEUE,
    timeBasedHours: settings.IDENTITY_CENTER_TIME_BASED_REFRESH_HOURS,
    logger,
    everyMs: REFRESH_SWEEP_EVERY_MS,
  });
  const channels = channelsOf(settings);
  const deliveries = startDeliverySweep({ pool: database.pool, channels, logger, everyMs: SWEEP_EVERY_MS });
  const retention = startRetentionSweep({ pool: database.pool, settings, logger });
  const metrics = serveMetrics(createMetrics(database.pool), settings, logger);
  logger.info(`listening on ${addressOf(server)}`);
  const signal = await new Promise<string>((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => resolve(name));
  });
  logger.info(`${signal}: ending`);
  ending.abort();
  metrics.close();
  metrics.closeAllConnections();
  await drain(server);
  await Promise.all([sweep.stop(), refreshes.stop(), deliveries.stop(), retention.stop()]);
  await deps.temporal.close();
  await database.close();
}

function assemble(settings: Settings, logger: Logger, database: Database): AppDeps {
  const secretKey = loadSecretKey(settings);
  mkdirSync(importDirectory(settings.IDENTITY_CENTER_HOME), { recursive: true });
  return {
    settings,
    database,
    secretBox: createSecretBox(secretKey),
    keys: deriveApiKeys(secretKey),
    connectors: createConnectorRegistry({ allowLinkLocalSources: settings.ALLOW_LINK_LOCAL_SOURCES }),
    temporal: createTemporalAccess(settings.TEMPORAL_ADDRESS, settings.TEMPORAL_NAMESPACE),
    logger,
    version: versionOf(),
    startedAt: new Date(),
  };
}

function versionOf(): string {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

/** Opens and migrates; a database that is still starting is waited for, with a word about it. */
async function openPrepared(settings: Settings, logger: Logger): Promise<Database> {
  if (!settings.DATABASE_URL)
    throw new StartError(
      'DATABASE_URL is not set; `npm start` brings a database of its own, `npm run api` does not.',
    );
  const database = await openDatabase({
    url: settings.DATABASE_URL,
    applicationName: 'api',
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    onWarning: (message) => logger.warn(message),
  });
  const deadline = Date.now() + DATABASE_WAIT_MS;
  for (let attempt = 1; ; attempt += 1) {
    try {
      await database.migrate();
      return database;
    } catch (error) {
      if (!isDatabaseUnavailable(error)) throw error;
      if (Date.now() > deadline) {
        await database.close();
        throw new StartError(
          'The database in DATABASE_URL cannot be reached; is it running, and is the URL right?',
        );
      }
      logger.warn(
        `the database cannot be reached yet (attempt ${attempt}); trying for ${DATABASE_WAIT_MS / 1_000} s`,
      );
      await pause(1_000);
    }
  }
}

function listen(server: Server, { PORT, HOST }: Settings): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reasons: Record<string, string> = {
        EADDRINUSE: `Port ${PORT} on ${HOST} is in use. Choose another one with PORT, for example PORT=${PORT + 1}.`,
        EACCES: `Port ${PORT} on ${HOST} needs more rights than this account has. Choose one above 1023 with PORT.`,
        EADDRNOTAVAIL: `This machine does not have the address ${HOST}. Choose another one with HOST.`,
      };
      const reason = reasons[error.code ?? ''];
      reject(reason ? new StartError(reason) : error);
    });
    server.listen(PORT, HOST, () => resolve(server));
  });
}

function addressOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string') return String(address);
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return `http://${host}:${address.port}`;
}

function drain(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    server.closeIdleConnections();
  });
}

if (import.meta.main)
  main().catch((error: unknown) => {
    const known = error instanceof StartError || error instanceof SettingsError;
    process.stderr.write(`${known ? error.message : (error as Error).stack}\n`);
    // Whatever is still open must not keep a process that did not start.
    process.exit(1);
  });
